"""What Twilio is told while somebody is called back."""

from xml.etree import ElementTree as Xml

from channels.phone.twiml import TwiML
from tests.support.calls_back import REQUESTER, CallingBackLine, new_callback
from tests.support.phone_calls import NUMBER, voice_settings

BASE = "https://relevo.example/channels/phone"


def written(line: CallingBackLine) -> Xml.Element:
    """For the agent."""
    return Xml.fromstring(TwiML(voice_settings(), BASE).write(line.at_desk(), "CB1"))


def test_the_requester_is_dialled_with_our_number_so_long_and_no_longer() -> None:
    line = CallingBackLine(ring="25s", longest="10m")
    line.begin()
    line.accept()
    dial = written(line).find("Dial")
    assert dial is not None
    assert dial.attrib == {
        "action": f"{BASE}/callback/over?call=CB1&step=3",
        "method": "POST",
        "timeout": "25",
        "timeLimit": "600",
        "callerId": NUMBER,
        "answerOnBridge": "true",
    }
    (number,) = dial
    assert (number.tag, number.text) == ("Number", REQUESTER)
    assert number.attrib == {"url": f"{BASE}/callback/greeting?call=CB1&step=3"}


def test_the_agents_keys_come_to_the_step_that_called_him() -> None:
    line = CallingBackLine()
    line.begin()
    line.pick_up()
    gather, hang_up = written(line)
    assert (gather.tag, hang_up.tag) == ("Gather", "Hangup")
    assert gather.attrib["action"] == f"{BASE}/callback/accept?call=CB1&step=2"
    assert gather.attrib["numDigits"] == "1"


def test_t37_what_is_said_is_escaped() -> None:
    line = CallingBackLine(callback=new_callback(language="en"))
    line.speaker = type(line.speaker)(line.settings, "Roads <Hangup/> & Parks")
    line.begin()
    line.pick_up()
    say = written(line).find("Gather/Say")
    assert say is not None
    assert "Roads <Hangup/> & Parks" in (say.text or "")
