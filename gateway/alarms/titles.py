"""What an alarm is called, in Spanish and in English."""

from collections.abc import Mapping

from gateway.alarms.notices import AlarmType, Change, Notice

_TITLES: Mapping[AlarmType, tuple[str, str]] = {
    AlarmType.TICKETS_OVERDUE: (
        "Solicitudes fuera de plazo: ningún proveedor operativo las tiene",
        "Tickets overdue: no operative provider has them",
    ),
    AlarmType.NO_PROVIDER_LEFT: (
        "La política {policy} no tiene ningún proveedor disponible",
        "Policy {policy} has no provider left",
    ),
    AlarmType.PROVIDER_DOWN: ("El proveedor {provider} está caído", "Provider {provider} is down"),
    AlarmType.PROVIDER_MISCONFIGURED: (
        "El proveedor {provider} rechaza nuestra dirección o credenciales",
        "Provider {provider} rejects our address or credentials",
    ),
    AlarmType.TAKEOVER: (
        "Relevo en la política {policy}: el servicio deja {from_provider}",
        "Takeover in policy {policy}: the service leaves {from_provider}",
    ),
    AlarmType.LEDGER_UNBALANCED: (
        "El libro no cuadra: hay solicitudes sin destino ni siguiente paso",
        "The ledger does not balance: there are tickets without a place or a next step",
    ),
    AlarmType.QUARANTINE: (
        "Hay elementos en cuarentena: alguien tiene que revisarlos",
        "There are items in quarantine: somebody has to look at them",
    ),
    AlarmType.NOTICE_UNDELIVERED: (
        "No se ha podido entregar un aviso de alarma",
        "The notice of an alarm could not be delivered",
    ),
    AlarmType.ASSUMPTION_BROKEN: (
        "No se cumple un supuesto de los plazos calculados: {assumption}",
        "An assumption of the computed bounds does not hold: {assumption}",
    ),
    AlarmType.CONFIGURATION_REJECTED: (
        "Configuración rechazada: sigue en vigor la anterior",
        "Configuration rejected: the one before stays in force",
    ),
}
_OVER = {"es": "Terminado", "en": "Over"}


def titles(notice: Notice) -> dict[str, str]:
    """The title by language; what is over says so first."""
    spanish, english = (text.format_map(notice.details) for text in _TITLES[notice.alarm])
    both = {"es": spanish, "en": english}
    if notice.change is Change.CLEARED:
        return {language: f"{_OVER[language]}: {title}" for language, title in both.items()}
    return both
