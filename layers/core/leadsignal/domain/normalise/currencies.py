"""Currencies by ISO 4217, and amounts of money as people and providers write them."""

MAX_LENGTH = 64
MAX_AMOUNT = 10**15
USD = "USD"

# code, minor digits where they are not 2, then names and signs that mean no other currency
_TABLE = """
AED|dirham uae|emirati dirham|uae dirham|dhs
AFN|afghani
ALL|albanian lek|lek
AMD|armenian dram|dram|֏
ANG|netherlands antillean guilder
AOA|kwanza
ARS|argentine peso|ar$
AUD|australian dollar|australian dollars|a$|au$|aud$
AWG|aruban florin
AZN|azerbaijani manat|₼
BAM|convertible mark
BBD|barbados dollar|bds$
BDT|taka|৳
BGN|bulgarian lev|lev|лв
BHD 3|bahraini dinar
BIF 0|burundi franc
BMD|bermudian dollar
BND|brunei dollar
BOB|boliviano
BRL|brazilian real|real|reais|r$
BSD|bahamian dollar
BTN|ngultrum
BWP|pula
BYN|belarusian ruble
BZD|belize dollar
CAD|canadian dollar|canadian dollars|c$|ca$|cad$
CDF|congolese franc
CHF|swiss franc|swiss francs|franken|sfr|fr.
CLP 0|chilean peso
CNY|yuan|renminbi|rmb|chinese yuan|cn¥|人民币|元
COP|colombian peso|col$
CRC|costa rican colon|₡
CUP|cuban peso
CVE|cape verde escudo
CZK|czech koruna|kč|koruna ceska
DJF 0|djibouti franc
DKK|danish krone|danish kroner|dkr
DOP|dominican peso
DZD|algerian dinar
EGP|egyptian pound
ERN|nakfa
ETB|ethiopian birr|birr
EUR|euro|euros|eur|€
FJD|fiji dollar
FKP|falkland islands pound
GBP|pound sterling|sterling|british pound|british pounds|pounds sterling|£|gb£|uk£
GEL|lari|₾
GHS|cedi|₵
GIP|gibraltar pound
GMD|dalasi
GNF 0|guinean franc
GTQ|quetzal
GYD|guyana dollar
HKD|hong kong dollar|hong kong dollars|hk$
HNL|lempira
HTG|gourde
HUF|forint|hungarian forint|ft
IDR|rupiah|indonesian rupiah|rp
ILS|shekel|new shekel|israeli shekel|₪|nis
INR|indian rupee|indian rupees|₹|rs.
IQD 3|iraqi dinar
IRR|iranian rial
ISK 0|icelandic krona
JMD|jamaican dollar|j$
JOD 3|jordanian dinar
JPY 0|yen|japanese yen|jp¥|円|日本円
KES|kenyan shilling|ksh
KGS|kyrgyzstani som
KHR|riel|៛
KMF 0|comorian franc
KPW|north korean won
KRW 0|won|south korean won|₩|원
KWD 3|kuwaiti dinar
KYD|cayman islands dollar
KZT|tenge|₸
LAK|kip|₭
LBP|lebanese pound
LKR|sri lanka rupee
LRD|liberian dollar
LSL|loti
LYD 3|libyan dinar
MAD|moroccan dirham
MDL|moldovan leu
MGA|ariary
MKD|denar
MMK|kyat
MNT|tugrik|₮
MOP|pataca
MRU|ouguiya
MUR|mauritius rupee
MVR|rufiyaa
MWK|malawi kwacha
MXN|mexican peso|mexican pesos|mx$|mex$
MYR|ringgit|malaysian ringgit|rm
MZN|metical
NAD|namibia dollar|n$
NGN|naira|nigerian naira|₦
NIO|cordoba oro
NOK|norwegian krone|norwegian kroner|nkr
NPR|nepalese rupee
NZD|new zealand dollar|new zealand dollars|nz$
OMR 3|omani rial
PAB|balboa
PEN|peruvian sol|sol|s/
PGK|kina
PHP|philippine peso|₱
PKR|pakistan rupee
PLN|zloty|złoty|polish zloty|zł
PYG 0|guarani|₲
QAR|qatari rial|qatari riyal
RON|romanian leu
RSD|serbian dinar
RUB|ruble|rouble|russian ruble|₽|руб
RWF 0|rwanda franc
SAR|saudi riyal
SBD|solomon islands dollar
SCR|seychelles rupee
SDG|sudanese pound
SEK|swedish krona|swedish kronor|skr
SGD|singapore dollar|singapore dollars|s$|sg$
SHP|saint helena pound
SLE|leone
SOS|somali shilling
SRD|surinam dollar
SSP|south sudanese pound
STN|dobra
SVC|el salvador colon
SYP|syrian pound
SZL|lilangeni
THB|baht|thai baht|฿
TJS|somoni
TMT|turkmenistan new manat
TND 3|tunisian dinar
TOP|pa'anga
TRY|turkish lira|türk lirasi|₺
TTD|trinidad and tobago dollar|tt$
TWD|new taiwan dollar|taiwan dollar|nt$
TZS|tanzanian shilling
UAH|hryvnia|₴
UGX 0|uganda shilling
USD|us dollar|us dollars|u.s. dollar|u.s. dollars|dollar|dollars|$|us$|usd$
UYU|peso uruguayo|$u
UZS|uzbekistan sum
VES|bolivar soberano
VND 0|dong|vietnamese dong|₫
VUV 0|vatu
WST|tala
XAF 0|cfa franc beac
XCD|east caribbean dollar|ec$
XOF 0|cfa franc bceao
XPF 0|cfp franc
YER|yemeni rial
ZAR|rand|south african rand
ZMW|zambian kwacha
ZWG|zimbabwe gold
"""
