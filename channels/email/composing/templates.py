"""The words of the mails that requesters get."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import jinja2

from channels.email.composing.layouts import Layouts, Written, title_of
from channels.email.composing.letters import LetterTemplates
from gateway.core.errors import ConfigError
from gateway.core.reference import CANARY_REFERENCE, show_reference
from gateway.core.texts import Language


class MailTemplates:
    """Writes mails in the name of an organisation; no desk is ever named. `own` is its folder of texts. Raises
    ConfigError for a layout in it that can't be filled."""

    def __init__(self, organisation: str, own: Path | None = None) -> None:
        self._layouts = Layouts(organisation, own)
        self.letters = LetterTemplates(self._layouts)
        """Of the letters to help desks."""
        self._try_out()

    def acknowledgement(self, language: str, reference: str, subject: str, page: str | None = None) -> Written:
        """Their request is with us; `page` is where they can follow it. `reference` is plain, `subject` theirs."""
        say = self._layouts.texts.get(language)
        shown = show_reference(reference)
        paragraphs = [
            say("Hello,"),
            say("We have your request, and it is safe with us. Its reference is {reference}.", reference=shown),
            say("{organisation} will answer you at this address.", organisation=self._layouts.organisation),
            say("How long that takes depends on the matter. There is no need to write again to keep your place."),
            say("If you want to add something, simply reply to this mail."),
        ]
        if page:
            paragraphs.append(say("You can also follow your request here: {page}", page=page))
        note = say("This confirmation was sent automatically; your request will be read by a person.")
        return self._write("acknowledgement", say, reference, subject, paragraphs=paragraphs, note=note)

    def answer(
        self,
        language: str,
        reference: str,
        subject: str,
        body: str,
        left_out: Sequence[str] = (),
        page: str | None = None,
    ) -> Written:
        """What somebody answered, as plain text; `left_out` names the files that can't go along, `page` shows them."""
        say = self._layouts.texts.get(language)
        lines = body.strip().splitlines()
        if left_out:
            lines += ["", say("Files that can't be sent by mail: {names}", names=", ".join(left_out))]
            if page:
                lines.append(say("You find them here: {page}", page=page))
        note = say(
            "Your reference is {reference}. To answer, simply reply to this mail.", reference=show_reference(reference)
        )
        return self._write("answer", say, reference, subject, paragraphs=lines, note=note)

    def _write(self, name: str, say: Language, reference: str, subject: str, **values: object) -> Written:
        title = title_of(subject, reference) or say("Your request")
        return self._layouts.write(name, say, reference, f"Re: {title} [{show_reference(reference)}]", **values)

    def _try_out(self) -> None:
        for language in self._layouts.texts.languages:
            try:
                self.acknowledgement(language, CANARY_REFERENCE, "", "https://example.org/")
                self.answer(language, CANARY_REFERENCE, "", "")
                self.letters.try_out(language)
            except jinja2.TemplateSyntaxError as error:
                raise ConfigError(f"{error.filename or error.name}:{error.lineno}: {error.message}") from error
            except (jinja2.TemplateError, OSError) as error:
                raise ConfigError(f"a mail's layout can't be filled: {error}") from error


@lru_cache(maxsize=4)
def mail_templates(organisation: str, own: Path | None) -> MailTemplates:
    """Those of an organisation, read once: whatever writes mails shares them."""
    return MailTemplates(organisation, own)
