"""The mail channel: what it is made of, and how that is started and stopped."""

import asyncio
import socket
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import Any

from channels.channel import Backstage, Channel, ChannelContext
from channels.email.answering.answers import Answers
from channels.email.answering.outbox import Outbox
from channels.email.answering.post import MailPost
from channels.email.identity import MailIdentity
from channels.email.incoming.allowances import Allowances
from channels.email.incoming.bodies import TEXTS_FOLDER
from channels.email.incoming.clues import AnsweredLetter
from channels.email.incoming.effects import Effects
from channels.email.incoming.files import MailFiles
from channels.email.incoming.handler import IncomingMails
from channels.email.incoming.messages import Messages
from channels.email.keeping import MailKeeper
from channels.email.mailboxes import FollowedMailbox
from channels.email.oauth import TokenSource
from channels.email.oauth_grants import Grant
from channels.email.oauth_settings import OAuthSettings
from channels.email.raw_contents import forget_old_mails
from channels.email.reading.readers import MailReaders
from channels.email.reception import MailListener
from channels.email.sending import Patience, Relay, Sender, SmtpSettings
from channels.email.settings import EmailSettings
from channels.email.troubles import Troubles
from gateway.core.delivery import Case, Kind
from gateway.core.errors import ConfigError, StartError, StoreFailed
from gateway.core.ports import DeliveryHandler
from gateway.core.post import Post
from gateway.core.texts import Texts
