"""Countries: ISO 3166-1 alpha-2 from codes and names, as people and systems write them."""

import unicodedata
from functools import cache

_TABLE = """
AD AND Andorra|Principality of Andorra
AE ARE United Arab Emirates|UAE|Emirates
AF AFG Afghanistan|Islamic Republic of Afghanistan
AG ATG Antigua & Barbuda|Antigua and Barbuda|Antigua
AI AIA Anguilla
AL ALB Albania|Republic of Albania
AM ARM Armenia|Republic of Armenia
AO AGO Angola|Republic of Angola
AQ ATA Antarctica
AR ARG Argentina|Argentine Republic
AS ASM Samoa (American)|American Samoa
AT AUT Austria|Republic of Austria|Österreich|Oesterreich
AU AUS Australia|Australien
AW ABW Aruba
AX ALA Åland Islands
AZ AZE Azerbaijan|Republic of Azerbaijan
BA BIH Bosnia & Herzegovina|Bosnia and Herzegovina|Republic of Bosnia and Herzegovina|Bosnia
BB BRB Barbados
BD BGD Bangladesh|People's Republic of Bangladesh
BE BEL Belgium|Kingdom of Belgium|België|Belgique|Belgien
BF BFA Burkina Faso
BG BGR Bulgaria|Republic of Bulgaria|България
BH BHR Bahrain|Kingdom of Bahrain
BI BDI Burundi|Republic of Burundi
BJ BEN Benin|Republic of Benin
BL BLM St Barthelemy|Saint Barthélemy
BM BMU Bermuda
BN BRN Brunei|Brunei Darussalam
BO BOL Bolivia|Bolivia, Plurinational State of|Plurinational State of Bolivia
BQ BES Caribbean NL|Bonaire, Sint Eustatius and Saba
BR BRA Brazil|Federative Republic of Brazil|Brasil|Brasilien
BS BHS Bahamas|Commonwealth of the Bahamas|The Bahamas
BT BTN Bhutan|Kingdom of Bhutan
BV BVT Bouvet Island
BW BWA Botswana|Republic of Botswana
BY BLR Belarus|Republic of Belarus
BZ BLZ Belize
CA CAN Canada|Kanada
CC CCK Cocos (Keeling) Islands
CD COD Congo (Dem. Rep.)|Congo, The Democratic Republic of the|DRC|DR Congo
|Democratic Republic of the Congo|Congo-Kinshasa
CF CAF Central African Rep.|Central African Republic
CG COG Congo (Rep.)|Congo|Republic of the Congo|Congo-Brazzaville
CH CHE Switzerland|Swiss Confederation|Schweiz|Suisse|Svizzera|Swiss
CI CIV Côte d'Ivoire|Republic of Côte d'Ivoire|Ivory Coast
CK COK Cook Islands
CL CHL Chile|Republic of Chile
CM CMR Cameroon|Republic of Cameroon
CN CHN China|People's Republic of China|PRC|Mainland China|中国
CO COL Colombia|Republic of Colombia
CR CRI Costa Rica|Republic of Costa Rica
CU CUB Cuba|Republic of Cuba
CV CPV Cape Verde|Cabo Verde|Republic of Cabo Verde
CW CUW Curaçao
CX CXR Christmas Island
CY CYP Cyprus|Republic of Cyprus
CZ CZE Czech Republic|Czechia|Česko|Česká republika|Czech Rep.
DE DEU Germany|Federal Republic of Germany|Deutschland|Duitsland|Allemagne|Alemania
DJ DJI Djibouti|Republic of Djibouti
DK DNK Denmark|Kingdom of Denmark|Danmark|Dänemark|Denemarken
DM DMA Dominica|Commonwealth of Dominica
DO DOM Dominican Republic
DZ DZA Algeria|People's Democratic Republic of Algeria|Algérie
EC ECU Ecuador|Republic of Ecuador
EE EST Estonia|Republic of Estonia|Eesti
EG EGY Egypt|Arab Republic of Egypt|Misr
EH ESH Western Sahara
ER ERI Eritrea|the State of Eritrea
ES ESP Spain|Kingdom of Spain|España|Spanien|Espagne
ET ETH Ethiopia|Federal Democratic Republic of Ethiopia
FI FIN Finland|Republic of Finland|Suomi|Finnland
FJ FJI Fiji|Republic of Fiji
FK FLK Falkland Islands|Falkland Islands (Malvinas)|Malvinas
FM FSM Micronesia|Micronesia, Federated States of|Federated States of Micronesia
FO FRO Faroe Islands
FR FRA France|French Republic|Frankrijk|Frankreich|Francia
GA GAB Gabon|Gabonese Republic
GB GBR Britain (UK)|United Kingdom|United Kingdom of Great Britain and Northern Ireland|UK
|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|Großbritannien
|Vereinigtes Königreich|Royaume-Uni|Verenigd Koninkrijk
GD GRD Grenada
GE GEO Georgia
GF GUF French Guiana
GG GGY Guernsey
GH GHA Ghana|Republic of Ghana
GI GIB Gibraltar
GL GRL Greenland|Kalaallit Nunaat
GM GMB Gambia|Republic of the Gambia|The Gambia
GN GIN Guinea|Republic of Guinea
GP GLP Guadeloupe
GQ GNQ Equatorial Guinea|Republic of Equatorial Guinea
GR GRC Greece|Hellenic Republic|Hellas|Ελλάδα|Ellada
GS SGS South Georgia & the South Sandwich Islands|South Georgia and the South Sandwich Islands
GT GTM Guatemala|Republic of Guatemala
GU GUM Guam
GW GNB Guinea-Bissau|Republic of Guinea-Bissau
GY GUY Guyana|Republic of Guyana
HK HKG Hong Kong|Hong Kong Special Administrative Region of China|Hong Kong SAR
HM HMD Heard Island & McDonald Islands|Heard Island and McDonald Islands
HN HND Honduras|Republic of Honduras
HR HRV Croatia|Republic of Croatia|Hrvatska
HT HTI Haiti|Republic of Haiti
HU HUN Hungary|Magyarország
ID IDN Indonesia|Republic of Indonesia
IE IRL Ireland|Éire|Republic of Ireland|Irland|Ierland
IL ISR Israel|State of Israel
IM IMN Isle of Man
IN IND India|Republic of India|Bharat
IO IOT British Indian Ocean Territory
IQ IRQ Iraq|Republic of Iraq
IR IRN Iran|Iran, Islamic Republic of|Islamic Republic of Iran
IS ISL Iceland|Republic of Iceland|Ísland
IT ITA Italy|Italian Republic|Italia|Italien|Italie
JE JEY Jersey
JM JAM Jamaica
JO JOR Jordan|Hashemite Kingdom of Jordan
JP JPN Japan|日本|Nippon
KE KEN Kenya|Republic of Kenya
KG KGZ Kyrgyzstan|Kyrgyz Republic
KH KHM Cambodia|Kingdom of Cambodia
KI KIR Kiribati|Republic of Kiribati
KM COM Comoros|Union of the Comoros
KN KNA St Kitts & Nevis|Saint Kitts and Nevis|St. Kitts and Nevis
KP PRK Korea (North)|Korea, Democratic People's Republic of|North Korea
|Democratic People's Republic of Korea|DPRK
KR KOR Korea (South)|Korea, Republic of|South Korea|Korea|Republic of Korea|한국|대한민국
KW KWT Kuwait|State of Kuwait
KY CYM Cayman Islands
KZ KAZ Kazakhstan|Republic of Kazakhstan|Қазақстан
LA LAO Laos|Lao People's Democratic Republic
LB LBN Lebanon|Lebanese Republic
LC LCA St Lucia|Saint Lucia
LI LIE Liechtenstein|Principality of Liechtenstein
LK LKA Sri Lanka|Democratic Socialist Republic of Sri Lanka
LR LBR Liberia|Republic of Liberia
LS LSO Lesotho|Kingdom of Lesotho
LT LTU Lithuania|Republic of Lithuania|Lietuva
LU LUX Luxembourg|Grand Duchy of Luxembourg|Luxemburg|Lëtzebuerg
LV LVA Latvia|Republic of Latvia|Latvija
LY LBY Libya
MA MAR Morocco|Kingdom of Morocco|Maroc
MC MCO Monaco|Principality of Monaco
MD MDA Moldova|Moldova, Republic of|Republic of Moldova
ME MNE Montenegro
MF MAF St Martin (French)|Saint Martin (French part)|St. Martin
MG MDG Madagascar|Republic of Madagascar
MH MHL Marshall Islands|Republic of the Marshall Islands
MK MKD North Macedonia|Republic of North Macedonia|Macedonia
ML MLI Mali|Republic of Mali
MM MMR Myanmar (Burma)|Myanmar|Republic of Myanmar|Burma
MN MNG Mongolia
MO MAC Macau|Macao|Macao Special Administrative Region of China
MP MNP Northern Mariana Islands|Commonwealth of the Northern Mariana Islands
MQ MTQ Martinique
MR MRT Mauritania|Islamic Republic of Mauritania
MS MSR Montserrat
MT MLT Malta|Republic of Malta
MU MUS Mauritius|Republic of Mauritius
MV MDV Maldives|Republic of Maldives
MW MWI Malawi|Republic of Malawi
MX MEX Mexico|United Mexican States|Mexiko
MY MYS Malaysia
MZ MOZ Mozambique|Republic of Mozambique
NA NAM Namibia|Republic of Namibia
NC NCL New Caledonia
NE NER Niger|Republic of the Niger
NF NFK Norfolk Island
NG NGA Nigeria|Federal Republic of Nigeria
NI NIC Nicaragua|Republic of Nicaragua
NL NLD Netherlands|Kingdom of the Netherlands|Nederland|Holland|The Netherlands|Niederlande
|Pays-Bas
NO NOR Norway|Kingdom of Norway|Norge|Norwegen
NP NPL Nepal|Federal Democratic Republic of Nepal
NR NRU Nauru|Republic of Nauru
NU NIU Niue
NZ NZL New Zealand|Aotearoa
OM OMN Oman|Sultanate of Oman
PA PAN Panama|Republic of Panama
PE PER Peru|Republic of Peru
PF PYF French Polynesia
PG PNG Papua New Guinea|Independent State of Papua New Guinea
PH PHL Philippines|Republic of the Philippines|Pilipinas|The Philippines
PK PAK Pakistan|Islamic Republic of Pakistan
PL POL Poland|Republic of Poland|Polska|Polen
PM SPM St Pierre & Miquelon|Saint Pierre and Miquelon|St. Pierre and Miquelon
PN PCN Pitcairn
PR PRI Puerto Rico
PS PSE Palestine|Palestine, State of|the State of Palestine
PT PRT Portugal|Portuguese Republic
PW PLW Palau|Republic of Palau
PY PRY Paraguay|Republic of Paraguay
QA QAT Qatar|State of Qatar
RE REU Réunion|La Réunion
RO ROU Romania
RS SRB Serbia|Republic of Serbia|Srbija
RU RUS Russia|Russian Federation|Россия
RW RWA Rwanda|Rwandese Republic
SA SAU Saudi Arabia|Kingdom of Saudi Arabia|KSA
SB SLB Solomon Islands
SC SYC Seychelles|Republic of Seychelles
SD SDN Sudan|Republic of the Sudan
SE SWE Sweden|Kingdom of Sweden|Sverige|Schweden
SG SGP Singapore|Republic of Singapore
SH SHN St Helena|Saint Helena, Ascension and Tristan da Cunha
SI SVN Slovenia|Republic of Slovenia|Slovenija
SJ SJM Svalbard & Jan Mayen|Svalbard and Jan Mayen
SK SVK Slovakia|Slovak Republic|Slovensko
SL SLE Sierra Leone|Republic of Sierra Leone
SM SMR San Marino|Republic of San Marino
SN SEN Senegal|Republic of Senegal
SO SOM Somalia|Federal Republic of Somalia
SR SUR Suriname|Republic of Suriname
SS SSD South Sudan|Republic of South Sudan
ST STP Sao Tome & Principe|Sao Tome and Principe|Democratic Republic of Sao Tome and Principe
SV SLV El Salvador|Republic of El Salvador
SX SXM St Maarten (Dutch)|Sint Maarten (Dutch part)|Sint Maarten
SY SYR Syria|Syrian Arab Republic
SZ SWZ Eswatini (Swaziland)|Eswatini|Kingdom of Eswatini|Swaziland
TC TCA Turks & Caicos Is|Turks and Caicos Islands
TD TCD Chad|Republic of Chad
TF ATF French S. Terr.|French Southern Territories
TG TGO Togo|Togolese Republic
TH THA Thailand|Kingdom of Thailand
TJ TJK Tajikistan|Republic of Tajikistan
TK TKL Tokelau
TL TLS East Timor|Timor-Leste|Democratic Republic of Timor-Leste
TM TKM Turkmenistan
TN TUN Tunisia|Republic of Tunisia
TO TON Tonga|Kingdom of Tonga
TR TUR Turkey|Türkiye|Republic of Türkiye|Türkei|Turkije
TT TTO Trinidad & Tobago|Trinidad and Tobago|Republic of Trinidad and Tobago|Trinidad
TV TUV Tuvalu
TW TWN Taiwan|Taiwan, Province of China|台灣
TZ TZA Tanzania|Tanzania, United Republic of|United Republic of Tanzania
UA UKR Ukraine|Україна
UG UGA Uganda|Republic of Uganda
UM UMI US minor outlying islands|United States Minor Outlying Islands
US USA United States|United States of America|America|the States|Estados Unidos|États-Unis
|Vereinigte Staaten|VS
UY URY Uruguay|Eastern Republic of Uruguay
UZ UZB Uzbekistan|Republic of Uzbekistan
VA VAT Vatican City|Holy See (Vatican City State)|Vatican|Holy See
VC VCT St Vincent|Saint Vincent and the Grenadines|St. Vincent and the Grenadines|Saint Vincent
VE VEN Venezuela|Venezuela, Bolivarian Republic of|Bolivarian Republic of Venezuela
VG VGB Virgin Islands (UK)|Virgin Islands, British|British Virgin Islands
VI VIR Virgin Islands (US)|Virgin Islands of the United States
VN VNM Vietnam|Socialist Republic of Viet Nam
VU VUT Vanuatu|Republic of Vanuatu
WF WLF Wallis & Futuna|Wallis and Futuna
WS WSM Samoa (western)|Samoa|Independent State of Samoa
YE YEM Yemen|Republic of Yemen
YT MYT Mayotte
ZA ZAF South Africa|Republic of South Africa|Suid-Afrika|RSA
ZM ZMB Zambia|Republic of Zambia
ZW ZWE Zimbabwe|Republic of Zimbabwe
"""


@cache
def _codes() -> dict[str, str]:
    rows = _TABLE.replace("\n|", "|").strip().splitlines()
    found: dict[str, str] = {}
    for row in rows:
        code, three, names = row.split(" ", 2)
        found |= {_folded(name): code for name in (code, three, *names.split("|"))}
    return found


def codes() -> tuple[str, ...]:
    """Return the codes of two letters of all countries, in alphabetical order."""
    return tuple(sorted(set(_codes().values())))


def _folded(text: str) -> str:
    """Return a name without case, accents, spaces and punctuation."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(filter(str.isalnum, plain)).removeprefix("republicof")


def country_code(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country given by its code of two or three letters, or
    by a name of it that is in use; None when no country is meant."""
    return _codes().get(_folded(text))
