"""Phone numbers in the one form in which they are compared: E.164."""

MAX_LENGTH = 64


def e164(text: str, *, country: str | None) -> str | None:
    """Return a phone number as E.164 (``+14155550132``), or None when it cannot be one.

    ``country`` (ISO 3166-1 alpha-2) is whose number one without a country code is; None: such a
    number has no meaning. Extensions are left out. What is checked is that such a number is
    possible, not that it is given out. The result is a fixed point.
    """
    if not 3 <= len(text) <= MAX_LENGTH:
        return None
    import phonenumbers  # here, for its 24 ms are for those that see a phone number

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
