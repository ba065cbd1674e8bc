"""A caller, and the network between: follows the TwiML that a gateway answers as Twilio would, so that a whole call is
seen without Twilio. The webhooks are signed by Twilio's own library, and come in the order that its pages on voice give
(https://www.twilio.com/docs/voice/twiml)."""
