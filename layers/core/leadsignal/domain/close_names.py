"""Names that may be one person's in another spelling: short forms and slips. Never enough to merge.

Names come as ``likeness.words_of`` returns them.
"""

from collections.abc import Sequence

_SHORT_FORMS = """
abigail abby gail|albert al bert|alexander alex alec sasha xander|alexandra alex sandra sasha
alfred fred alf|andrew andy drew|andreas andi|ann anne anna annie nan|anthony tony|antonio toni
barbara barb babs|benjamin ben benny|beatrice bea|caroline carol carrie
catherine katherine kathryn kate katie kathy cathy cat|charles charlie chuck|christian chris
christina christine chris tina|christopher chris kit|clifford cliff|cornelis kees|cynthia cindy
daniel dan danny|david dave|deborah debbie deb|dennis denny|donald don|dorothy dot|douglas doug
edward ed eddie ted ned|eleanor ellie nell|elizabeth liz lizzie beth betty eliza lisa elisabeth
emily em|eric rick erik|eugene gene|florence flo|frances fran|francis frank
francisco paco pancho|frederick fred freddy|friedrich fritz|gabriel gabe
geoffrey jeff geoff jeffrey|gerald gerry jerry|gerard gerry|gregory greg|guillermo memo
gustav gus|hannah hanna|harold hal harry|heinrich heinz|helen nell|henry hank harry
hendrik henk|ignacio nacho|isabella bella izzy|jacob jake|jacqueline jackie|jakob kobi
james jim jimmy jamie|jane janie|janet jan|jennifer jen jenny|jeremy jerry|jessica jess jessie
joan joanie|johannes hans hannes jan|john jack johnny jon|jonathan jon johnathan|jose pepe
joseph joe joey|joshua josh|judith judy|julia julie|katharina kathi katja|kenneth ken kenny
kimberly kim|laurence larry lawrence|leonard leo len lenny|louis lou lewis|louise lou
luis lucho|madeline maddy|magdalena lena|manuel manny manolo|marcus marc mark markus
margaret maggie meg peg peggy greta|maria mary mia|martin marty|matthew matt|matthias matze
maximilian max|maxwell max|megan meg|melissa mel|michael mike mick mickey|michelle shelly
mitchell mitch|nancy nan|natalie nat|nathan nate nat|nathaniel nate nat|nicholas nick nicolas
nicole nicky|norman norm|oliver ollie|olivia liv|pamela pam|patricia pat patty trish
patrick pat paddy|peter pete|philip phil phillip|pieter piet|rachel rae|ralph rafe
randolph randy|raymond ray|rebecca becky|richard rick dick rich ricky
robert bob rob bobby bert robbie|roger rog|ronald ron ronnie|russell russ|samantha sam
samuel sam sammy|sarah sara sally|sebastian seb basti|stanley stan|stephanie steph
stephen steve steven stefan|susan sue susie suzanne|tamara tammy|teresa terry tess theresa
terence terry|theodore ted teddy theo|thomas tom tommy|timothy tim|tobias tobi|valerie val
veronica ronnie|victor vic viktor|victoria vicky tori|vincent vince|virginia ginny
walter walt wally|willem wim|william bill will billy liam|wolfgang wolf|zachary zach zack
"""
_LEAST_LETTERS = 3  # of a word in which a letter may be missing
_LEAST_FOR_ANOTHER = 6  # of a word in which a letter may be another one
_MOST_UNLIKE = 4  # words that are not the very same: all ways to pair them are tried


def _groups() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    rows = _SHORT_FORMS.strip().replace("\n", "|").split("|")
    for number, row in enumerate(rows):
        for name in row.split():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


def _long_forms() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _SHORT_FORMS.strip().replace("\n", "|").split("|"):
        names = row.split()
        first = next((found[name] for name in names if name in found), names[0])
        found |= {name: found.get(name, first) for name in names}
    return found


_GROUP_OF = _groups()
_LONG_FORM = _long_forms()


def long_form(name: str) -> str:
    """Return the name that stands for all forms of it, the name itself where it has none other."""
    return _LONG_FORM.get(name, name)


def close_names(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two names may be one person's, short forms and slips allowed.

    Every word of the shorter name has its counterpart in the longer one: the same word, its
    initial, a short form of the same name, or one that a slip tells from it. At least one whole
    word is the very same.
    """
    shorter, longer = sorted((list(one), list(other)), key=len)
    if len(shorter) < 2:
        return bool(shorter) and shorter == longer
    whole = [word for word in shorter if len(word) > 1 and word in longer]
    for word in whole:
        if word in longer:
            longer.remove(word)
            shorter.remove(word)
    return bool(whole) and len(shorter) <= _MOST_UNLIKE and _all_met(shorter, longer)


def _all_met(words: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether each word can have a counterpart of its own among others."""
    if not words:
        return True
    return any(
        _close(words[0], other) and _all_met(words[1:], [*others[:place], *others[place + 1 :]])
        for place, other in enumerate(others)
    )


def _close(one: str, other: str) -> bool:
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    if _GROUP_OF.get(one, frozenset()) & _GROUP_OF.get(other, frozenset()):
        return True
    return _differ_by_a_slip(one, other)


def _differ_by_a_slip(one: str, other: str) -> bool:
    """Return whether one letter is missing, another one, or two are swapped.

    The first letter must be the same. An ``a`` or ``e`` at the end makes another name (Paul and
    Paula), no slip.
    """
    shorter, longer = sorted((one, other), key=len)
    if shorter[0] != longer[0] or len(shorter) < _LEAST_LETTERS:
        return False
    if len(longer) - len(shorter) == 1:
        at = next((n for n, c in enumerate(shorter) if c != longer[n]), len(shorter))
        return shorter[at:] == longer[at + 1 :] and not (at == len(shorter) and longer[-1] in "ae")
    if len(longer) != len(shorter):
        return False
    places = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) == 1:
        return len(one) >= _LEAST_FOR_ANOTHER and places[0] != len(one) - 1
    swapped = len(places) == 2 and places[1] == places[0] + 1
    return swapped and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]]
