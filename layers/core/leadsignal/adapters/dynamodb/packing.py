"""JSON as small blobs: raw deflate with a preset dictionary of what our items always say.

A write unit is 1 KB, so bytes are money: a typical event shrinks to about 100 bytes and a typical
lead fits into one unit. The first byte of a blob names the dictionary it was packed with; an old
dictionary stays in ``_DICTIONARIES`` for as long as items packed with it may exist.
"""

import zlib

_EVENTS = (
    '{"message_id":"ajs-next-auto_","type":"identify","event":"identify","at":17,"client_at":17'
    ',"received_at":17,"fingerprint":"=","anonymous_id":"","user_id":"","email":"","group_id":"'
    ',"traits":{"first_name":"","last_name":"","name":"","company":"","phone":"","title":""}'
    ',"properties":{"form":"contact","plan":"","title":"","path":"/","search":"","url":"https://'
    '"},"context":{"ip":"","user_agent":"Mozilla/5.0 (X11; Linux x86_64) Mozilla/5.0 (iPhone; CPU '
    "iPhone OS 18_0 like Mac OS X) Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605"
    ".1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15 Mozilla/5.0 (Windows NT 10.0; Win64; x"
    "64; rv:130.0) Gecko/20100101 Firefox/130.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130."
    '0.0.0 Safari/537.36","locale":"en-US","timezone":"Europe/Amsterdam","campaign":{"name":"","so'
    'urce":"google","medium":"cpc","term":"","content":""},"consent":{"analytics":true,"advertisin'
    'g":false},"ldu":true,"page":{"url":"https://www.","path":"/pricing","search":"?utm_source=goo'
    'gle&utm_medium=cpc&utm_campaign=","title":"","referrer":"https://www.google.com/"}},"bot":"Go'
    'oglebot","trusted":true,"minted":true},{"message_id":"","type":"page","event":"page_view","at"'
    ':17,"client_at":17,"received_at":17,"fingerprint":"","anonymous_id":""'
)
_LEADS = (
    '"email_kind":"disposable","email_kind":"free","trait":{"first":"","first_by":{"at":17,"messag'
    'e_id":"ajs-next-"},"last":"","last_by":{"at":17,"message_id":""}},"merged_from":["lead_"],"te'
    'rm":"","content":"","click_id":{"network":"google","value":""},"rule_id":"disposable_email","'
    'rule":"Disposable e-mail","rule_id":"job_title","rule":"Job title given","reason":"Job title '
    'given"},{"rule_id":"phone","rule":"Phone given","rule_id":"demo_page","rule":"Viewed the demo'
    ' page","rule_id":"contact_page","rule":"Viewed the contact page","points":6.0,"rule_id":"demo'
    '","rule":"Asked for a demo","points":25.0,"rule_id":"signed_up","rule":"Signed up","rule_id":'
    '"email_opened","rule":"Opened an e-mail","rule_id":"email_clicked","rule":"Clicked in an e-ma'
    'il","rule_id":"regular","rule":"Comes regularly","rule_id":"pricing","rule":"Viewed pricing",'
    '"group":"engagement","points":20.0,"decayed_points":20.0,"reason":"Viewed pricing, 2 times (3'
    ' counted)"},"channel":"referral","channel":"organic_search","source":"google","medium":"organ'
    'ic","channel":"paid_search","medium":"cpc","campaign":"","referrer":"https://www.google.com/"'
    ',"landing_url":"https://www."}}]}},"consent":{"analytics":{"allowed":true,"by":{"at":17,"mess'
    'age_id":""}}},"match":{"asn":,"type":"company","confidence":0.9,"name":"","domain":"","countr'
    'y":"DE"},"type":"hosting","type":"mobile","by":{"at":17,"message_id":""}}}},"company":{"id":"'
    'cmp_","domain":".com","name":"","industry":"Information Technology","country":"US","region":"'
    'California","city":"","enriched_at":17},{"kind":"user_id","value":"","first_received_at":17,"'
    'email:@":{"kind":"email","value":"","first_seen_at":17},"verified":true,"user_id:":{"kind":"u'
    'ser_id","value":"","tier":"qualified","tier":"warm","tier":"hot","fact_tier":"qualified","fac'
    't_tier":"warm","fact_tier":"hot","names":{"form_submitted":{"count":1,"last":17},"identify":{'
    '"count":1,"last":17},{"lead_id":"lead_","version":1,"members":{"lead_":{"kind":"anonymous_id"'
    ',"value":"","first_received_at":17,"identifiers":{"anonymous_id:":{"kind":"anonymous_id","val'
    'ue":"","first_seen_at":17}},"days":{"2026-01-01":{"version":2,"events":2,"bots":1,"runs":[{"s'
    'tart":17,"end":17,"events":2,"entry":"/"}],"names":{"page_view":{"count":2,"last":17}},"pages'
    '":{"/":{"count":1,"last":17},"/pricing":{"count":1,"last":17}},"touches":[{"at":17,"mark":{"c'
    'hannel":"direct","network":{"match":{"asn":,"type":"isp","confidence":0.95,"country":"US"},"b'
    'y":{"at":17,"message_id":""}}}},"score":{"score":1,"raw":1.0,"ruleset_id":"rs_default","rules'
    'et_version":1,"contributions":[{"rule_id":"company","rule":"Company identified","group":"fit"'
    ',"points":15.0,"decayed_points":15.0,"reason":"Company identified"},{"rule_id":"known","rule"'
    ':"Identified person","group":"fit","points":5.0,"decayed_points":5.0,"reason":"Identified per'
    'son"},{"rule_id":"business_email","rule":"Business e-mail","group":"fit","points":15.0,"decay'
    'ed_points":15.0,"reason":"Business e-mail"},{"rule_id":"form","rule":"Submitted a form","grou'
    'p":"engagement","points":25.0,"decayed_points":25.0,"reason":"Submitted a form"},{"rule_id":"'
    'returning","rule":"Came back","group":"engagement","points":5.0,"decayed_points":5.0,"reason"'
    ':"Came back"},{"rule_id":"page_view","rule":"Viewed a page","group":"engagement","points":2.0'
    ',"decayed_points":2.0,"reason":"Viewed a page, 2 times"}],"groups":{"fit":{"points":40.0,"cap'
    '":40.0},"engagement":{"points":1.0,"cap":60.0}}},"sequence":2,"committed_at":17}'
)
_NEW_IN_EVENTS = (
    '"crm_id":"","device_id":"","group_id":"","group_traits":{"name":"","domain":"","industry":"","'
    'employees":,"website":""},"signed":true,"minted":true,"key_id":""},{"message_id":"","type":"tr'
    'ack","event":"form_submitted","email_opened","email_clicked","properties":{"url":"https://www."'
    ',"email":"","first_name":"","last_name":"","company":""}},"trusted":true,"key_id":""},{"message'
    '_id":"","type":"page","event":"page_view","at":17,"client_at":17,"received_at":17,"fingerprint"'
    ':"","anonymous_id":"","context":{"ip":"","user_agent":"Mozilla/5.0","locale":"en-US","page":{"u'
    'rl":"https://www.","path":"/","title":""}},"key_id":""},{"message_id":"'
)
_NEW_IN_LEADS = (
    '"scanner":"burst","bots":1,"caught":1,"detail_from":"2026-01-01","more_sessions":1,"more_visits":'
    '1,"refused":["anonymous_id:"],"peers":["lead_"],"nobody":true,"decisions":[{"merge_id":"mrg_","ke'
    'pt":"user_id:","taken":"email:","reason":"","at":17,"undone":true}],"merged_from":{"lead_":"ano'
    'nymous_id:"},"group":{"group_id":"","traits":{"name":"","domain":""},"by":{"at":17,"message_id"'
    ':""}},"trusted":{"at":17,"message_id":""},"members":{"lead_":{"kind":"user_id","value":"","firs'
    't_received_at":17,"sightings":{"user_id:":{"kind":"user_id","value":"","first":{"at":17,"messag'
    'e_id":"ajs-next-"},"verified":true},"email:":{"kind":"email","value":"","first":{"at":17,"messa'
    'ge_id":"ajs-next-"}},"lead_id":"lead_","version":1,"members":{"lead_":{"kind":"anonymous_id","v'
    'alue":"","first_received_at":17,"sightings":{"anonymous_id:":{"kind":"anonymous_id","value":"",'
    '"first":{"at":17,"message_id":""}}},"days":{"2026-01-01":{"version":1,"events":1,"runs":[{"star'
    't":17,"end":17,"events":1,"entry":"/"}],"names":{"page_view":{"count":1,"last":17}},"pages":{"/'
    '":{"count":1,"last":17}}}}}},"fact_tier":"qualified","sequence":2,"cause":"","committed_at":17}'
)
_EVENTS_V1, _LEADS_V1, _EVENTS_V2, _LEADS_V2 = 1, 2, 3, 4
_DICTIONARIES = {
    _EVENTS_V1: _EVENTS.encode(),
    _LEADS_V1: _LEADS.encode(),
    _EVENTS_V2: (_EVENTS + _NEW_IN_EVENTS).encode(),
    _LEADS_V2: (_LEADS + _NEW_IN_LEADS).encode(),
}
_RAW_DEFLATE = -15


def _pack(text: str, dictionary: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW_DEFLATE, 9, zdict=_DICTIONARIES[dictionary])
    return bytes([dictionary]) + packer.compress(text.encode()) + packer.flush()


def pack_events(text: str) -> bytes:
    """Return the JSON of a day's events as a blob."""
    return _pack(text, _EVENTS_V2)


def pack_lead(text: str) -> bytes:
    """Return the JSON of a lead as a blob."""
    return _pack(text, _LEADS_V2)


def unpack(blob: bytes) -> bytes:
    """Return the JSON inside a blob, whichever of our dictionaries it was packed with."""
    unpacker = zlib.decompressobj(_RAW_DEFLATE, zdict=_DICTIONARIES[blob[0]])
    return unpacker.decompress(blob[1:]) + unpacker.flush()
