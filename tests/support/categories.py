"""Categories as an organisation may have them, for tests."""

from channels.web.settings import WebSettings

PRINTER = {
    "id": "printer",
    "name": {"es": "Impresoras", "en": "Printers"},
    "help": {"es": "No imprime, papel atascado", "en": "Doesn't print, paper jam"},
    "priority": "high",
    "steps": [{"es": "¿Está encendida?", "en": "Is it switched on?"}, "ESC, OK, ESC"],
    "fields": [
        {"id": "room", "label": {"es": "¿En qué sala está?", "en": "Which room is it in?"}, "required": True},
        {
            "id": "model",
            "label": {"es": "Tipo", "en": "Kind"},
            "type": "choice",
            "choices": [
                {"id": "laser", "label": {"es": "Láser", "en": "Laser"}},
                {"id": "plot", "label": "Plotter"},
            ],
        },
        {"id": "pages", "label": {"es": "Páginas", "en": "Pages"}, "type": "number", "help": {"en": "About."}},
        {"id": "since", "label": {"es": "Desde", "en": "Since"}, "type": "date"},
        {"id": "others", "label": {"es": "A otros también", "en": "Others too"}, "type": "checkbox"},
        {"id": "story", "label": {"es": "Historia", "en": "Story"}, "type": "textarea"},
    ],
}
ACCESS = {"id": "access", "name": {"es": "Contraseñas", "en": "Passwords"}}


def settings(**others: object) -> WebSettings:
    """A web channel with both."""
    return WebSettings.model_validate({"categories": [PRINTER, ACCESS], **others})
