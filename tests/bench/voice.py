"""The telephone of the measurements: a channel, and what Twilio posts to it when somebody calls."""

ACCOUNT_SID = "AC" + "0b" * 16
AUTH_TOKEN = "a token for measurements alone"
NUMBER, CALLER = "+34910000000", "+34600111222"
VOICE_PATH = "/channels/phone/voice"
_TOKEN = "BENCH_AUTH_TOKEN"
PHONE = {"phone": {"type": "voice", "account_sid": ACCOUNT_SID, "auth_token": {"env": _TOKEN}, "numbers": [NUMBER]}}
PHONE_SECRETS = {_TOKEN: AUTH_TOKEN}
VOICE_WEBHOOK = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "CallStatus": "ringing",
    "Called": NUMBER,
    "CalledCity": "",
    "CalledCountry": "ES",
    "CalledState": "",
    "CalledZip": "",
    "Caller": CALLER,
    "CallerCity": "",
    "CallerCountry": "ES",
    "CallerState": "",
    "CallerZip": "",
    "Direction": "inbound",
    "From": CALLER,
    "FromCity": "",
    "FromCountry": "ES",
    "FromState": "",
    "FromZip": "",
    "To": NUMBER,
    "ToCity": "",
    "ToCountry": "ES",
    "ToState": "",
    "ToZip": "",
}
"""Without the CallSid (https://www.twilio.com/docs/voice/twiml, Twilio's request to your application)."""
