"""What the desk's page says, in Spanish and English."""

TEXTS = {
    "en": {
        "kind": "Demo help desk",
        "now": "Now",
        "faults": "Faults",
        "faults_hint": "Give this desk a fault and see who takes over.",
        "tickets": "Tickets",
        "latest": "the latest 100",
        "none_yet": "No ticket has come in yet.",
        "total": "In all",
        "reference": "Reference",
        "own": "Ours",
        "subject": "Subject",
        "state": "State",
        "received": "Received",
        "key": "Key",
        "other_language": "Español",
        "silent": "The desk doesn't answer. It may be stopped, or frozen.",
        "open": "open",
        "picked_up": "picked up",
        "resolved": "resolved",
        "withdrawn": "withdrawn",
        "open_count": "Open",
        "picked_up_count": "Picked up",
        "resolved_count": "Resolved",
        "withdrawn_count": "Withdrawn",
    },
    "es": {
        "kind": "Mesa de ayuda de demostración",
        "now": "Ahora",
        "faults": "Fallos",
        "faults_hint": "Provoque un fallo en esta mesa y vea quién toma el relevo.",
        "tickets": "Solicitudes",
        "latest": "las 100 últimas",
        "none_yet": "Todavía no ha entrado ninguna solicitud.",
        "total": "En total",
        "reference": "Referencia",
        "own": "Nuestra",
        "subject": "Asunto",
        "state": "Estado",
        "received": "Recibida",
        "key": "Clave",
        "other_language": "English",
        "silent": "La mesa no responde. Puede que esté parada o congelada.",
        "open": "abierta",
        "picked_up": "en curso",
        "resolved": "resuelta",
        "withdrawn": "retirada",
        "open_count": "Abiertas",
        "picked_up_count": "En curso",
        "resolved_count": "Resueltas",
        "withdrawn_count": "Retiradas",
    },
}

FAULT_TEXTS = {
    "en": {
        "none": ("Works", "Everything is answered."),
        "refuse": ("Refuses", "422 for every new ticket."),
        "error": ("Fails", "500 for everything, health too."),
        "hang": ("Hangs", "Takes requests in and doesn't answer; goes on when it thaws."),
        "slow": ("Slow", "Answers two seconds late."),
        "gray": ("Half fails", "Two of three requests get a 500, health too."),
        "drop": ("Drops", "Keeps the ticket and closes the line without a word."),
        "drip": ("Drips", "Answers one byte a second."),
        "busy": ("Busy", "429 with Retry-After for new tickets."),
        "lose": ("Loses", "Says yes, and then knows nothing of it."),
        "garbage": ("Garbage", "200 with something that isn't the protocol."),
    },
    "es": {
        "none": ("Funciona", "Responde a todo."),
        "refuse": ("Rechaza", "422 a cada solicitud nueva."),
        "error": ("Falla", "500 a todo, también al control de salud."),
        "hang": ("Se cuelga", "Recibe y no responde; sigue cuando se descongela."),
        "slow": ("Lenta", "Responde dos segundos tarde."),
        "gray": ("Falla a medias", "Dos de cada tres peticiones dan 500, también la salud."),
        "drop": ("Corta", "Guarda la solicitud y cierra la conexión sin decir nada."),
        "drip": ("Gotea", "Responde un byte por segundo."),
        "busy": ("Ocupada", "429 con Retry-After a las solicitudes nuevas."),
        "lose": ("Pierde", "Dice que sí, y después no sabe nada."),
        "garbage": ("Basura", "200 con algo que no es el protocolo."),
    },
}


def preferred_language(accepted: str) -> str:
    """`es` or `en`, whichever an Accept-Language header (RFC 9110, 12.5.4) weighs more; English when neither."""
    weights = {"en": 0.0, "es": 0.0}
    for part in accepted.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _weight(parameter))
    return "es" if weights["es"] > weights["en"] else "en"


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if not parameter.strip():
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
