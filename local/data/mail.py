"""Mail domains that are disposable and those that give mailboxes to anybody."""

import json
from pathlib import Path

from publicsuffixlist import PublicSuffixList

ALSO_FREE = (
    "hey.com tutanota.com tutanota.de tutamail.com tuta.com tuta.io keemail.me icloud.com me.com "
    "mac.com privaterelay.appleid.com pm.me proton.me protonmail.com protonmail.ch duck.com "
    "fastmail.com fastmail.fm mailbox.org posteo.de posteo.net mailfence.com runbox.com skiff.com "
    "zoho.com zohomail.com zohomail.eu outlook.com outlook.de outlook.fr hotmail.com live.com "
    "msn.com gmail.com googlemail.com yahoo.com ymail.com rocketmail.com aol.com gmx.com gmx.net "
    "gmx.de web.de mail.com yandex.com yandex.ru ya.ru qq.com 163.com 126.com yeah.net naver.com "
    "hanmail.net daum.net kakao.com telenet.be skynet.be planet.nl home.nl hetnet.nl kpnmail.nl "
    "ziggo.nl xs4all.nl chello.nl onet.pl wp.pl o2.pl interia.pl centrum.cz seznam.cz ukr.net "
    "bluewin.ch sunrise.ch laposte.net mailo.com disroot.org riseup.net startmail.com"
)


def read_disposable(folder: Path) -> set[str]:
    """Return the disposable domains, without those we know to be free ones."""
    lines = (folder / "disposable_email_blocklist.conf").read_text(encoding="utf-8").split()
    return {line.lower() for line in lines if not line.startswith("#")} - set(ALSO_FREE.split())


def read_free(folder: Path, owned: set[str]) -> set[str]:
    """Return the free domains, without public suffixes and what a known organisation owns."""
    suffixes = PublicSuffixList()
    listed = json.loads((folder / "free-email-domains.json").read_bytes())
    free = {domain.lower() for domain in listed} - owned
    return {name for name in free if suffixes.publicsuffix(name) != name} | set(ALSO_FREE.split())
