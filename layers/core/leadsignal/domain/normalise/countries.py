"""Countries: ISO 3166-1 alpha-2 from codes and names, as people and systems write them."""

from functools import cache, lru_cache

from leadsignal.domain.normalise.text import bare, folded, words_of

MAX_LENGTH = 100
_REMEMBERED = 1024
_STARTS = ("republicofthe", "republicof", "the", "stateof", "kingdomof")
_MORE_CODES = {"UK": "GB", "EL": "GR"}  # as the UK and the EU write them

_TABLE = """
AD AND Andorra|Principality of Andorra|Andorre|Andora
AE ARE United Arab Emirates|UAE|Emirates|Vereinigte Arabische Emirate|Émirats arabes unis
|Emiratos Árabes Unidos|Emirados Árabes Unidos|Emirati Arabi Uniti|Verenigde Arabische Emiraten
|Zjednoczone Emiraty Arabskie|Förenade Arabemiraten|De Forenede Arabiske Emirater
|De forente arabiske emirater|Arabiemiirikunnat|Spojené arabské emiráty|Birleşik Arap Emirlikleri
|Egyesült Arab Emírségek|Emiratele Arabe Unite|Ηνωμένα Αραβικά Εμιράτα|ОАЭ
|Обʼєднані Арабські Емірати|アラブ首長国連邦|阿拉伯联合酋长国|阿拉伯聯合大公國|아랍에미리트|Dubai
|Abu Dhabi
AF AFG Afghanistan|Islamic Republic of Afghanistan|Afganistán|Afeganistão
AG ATG Antigua & Barbuda|Antigua and Barbuda|Antigua|Antigua und Barbuda|Antigua-et-Barbuda
|Antigua y Barbuda|Antígua e Barbuda|Antigua en Barbuda|Antigua i Barbuda|Antigua och Barbuda
|Antigua og Barbuda
AI AIA Anguilla|Anguila
AL ALB Albania|Republic of Albania|Albanien|Albanie
AM ARM Armenia|Republic of Armenia|Armenien|Arménie
AO AGO Angola|Republic of Angola
AQ ATA Antarctica|Antarktis|Antarctique|Antártida|Antartide|Antarktyda
AR ARG Argentina|Argentine Republic|Argentinien|Argentine|Argentinië|Argentyna|Argentiina|Arjantin
|Αργεντινή|Аргентина|アルゼンチン|阿根廷|아르헨티나
AS ASM Samoa (American)|American Samoa|Amerikanisch-Samoa|Samoa américaines|Samoa Americana
|Samoa Americane|Amerikaans-Samoa|Samoa Amerykańskie|Amerikanska Samoa|Amerikansk Samoa
AT AUT Austria|Republic of Austria|Österreich|Oesterreich|Autriche|Oostenrijk|Österrike|Østrig
|Itävalta|Rakousko|Avusturya|Ausztria|Αυστρία|Австрия|Австрія|オーストリア|奥地利|奧地利|오스트리아
AU AUS Australia|Australien|Australie|Avustralya|Ausztrália|Αυστραλία|Австралия|Австралія
|オーストラリア|澳大利亚|澳洲|오스트레일리아
AW ABW Aruba
AX ALA Åland Islands|Ålandinseln|Îles Åland|Islas Aland|Ilhas Aland|Isole Åland|Åland
|Wyspy Alandzkie
AZ AZE Azerbaijan|Republic of Azerbaijan|Aserbaidschan|Azerbaïdjan|Azerbaiyán|Azerbaijão|Azerbaigian
|Azerbeidzjan|Azerbejdżan|Azerbajdzjan|Aserbajdsjan
BA BIH Bosnia & Herzegovina|Bosnia and Herzegovina|Republic of Bosnia and Herzegovina|Bosnia
|Bosnien und Herzegowina|Bosnie-Herzégovine|Bosnia y Herzegovina|Bósnia e Herzegovina
|Bosnia ed Erzegovina|Bosnië en Herzegovina|Bośnia i Hercegowina|Bosnien och Hercegovina
|Bosnien-Hercegovina|Bosnia-Hercegovina
BB BRB Barbados|Barbade
BD BGD Bangladesh|People's Republic of Bangladesh|Bangladesch|Bangladés|Bangladesz
BE BEL Belgium|Kingdom of Belgium|België|Belgique|Belgien|Bélgica|Belgio|Belgia|Belçika|Βέλγιο
|Бельгия|Бельгія|ベルギー|比利时|比利時|벨기에
BF BFA Burkina Faso|Burquina Faso
BG BGR Bulgaria|Republic of Bulgaria|България|Bulgarien|Bulgarie|Bulgarije
BH BHR Bahrain|Kingdom of Bahrain|Bahreïn|Baréin|Bahrajn
BI BDI Burundi|Republic of Burundi
BJ BEN Benin|Republic of Benin
BL BLM St Barthelemy|Saint Barthélemy|San Bartolomé|São Bartolomeu
BM BMU Bermuda|Bermudes|Bermudas|Bermudy
BN BRN Brunei|Brunei Darussalam
BO BOL Bolivia|Bolivia, Plurinational State of|Plurinational State of Bolivia|Bolivien|Bolivie
|Boliwia
BQ BES Caribbean NL|Bonaire, Sint Eustatius and Saba|Caribbean Netherlands|Karibische Niederlande
|Pays-Bas caribéens|Caribe neerlandés|Países Baixos Caribenhos|Caraibi Olandesi|Caribisch Nederland
|Niderlandy Karaibskie|Karibiska Nederländerna|De tidligere Nederlandske Antiller|Karibisk Nederland
BR BRA Brazil|Federative Republic of Brazil|Brasil|Brasilien|Brésil|Brasile|Brazilië|Brazylia
|Brasilia|Brezilya|Brazília|Βραζιλία|Бразилия|Бразилія|ブラジル|巴西|브라질
BS BHS Bahamas|Commonwealth of the Bahamas|The Bahamas|Bahamy
BT BTN Bhutan|Kingdom of Bhutan|Bhoutan|Bután|Butão
BV BVT Bouvet Island|Bouvetinsel|Île Bouvet|Isla Bouvet|Ilha Bouvet|Isola Bouvet|Bouveteiland
|Wyspa Bouveta|Bouvetön|Bouvetøen|Bouvetøya
BW BWA Botswana|Republic of Botswana|Botsuana
BY BLR Belarus|Republic of Belarus|Biélorussie|Bielorrusia|Bielorrússia|Bielorussia|Białoruś
BZ BLZ Belize|Belice
CA CAN Canada|Kanada|Καναδάς|Канада|カナダ|加拿大|캐나다
CC CCK Cocos (Keeling) Islands|Kokosinseln|Îles Cocos|Islas Cocos|Ilhas Cocos (Keeling)
|Isole Cocos (Keeling)|Cocoseilanden|Wyspy Kokosowe|Kokosöarna|Cocosøerne|Kokosøyene
CD COD Congo (Dem. Rep.)|Congo, The Democratic Republic of the|DRC|DR Congo
|Democratic Republic of the Congo|Congo-Kinshasa|Kongo-Kinshasa|República Democrática del Congo
|Demokratyczna Republika Konga|Zaire|République démocratique du Congo
|Democratic Republic of Congo
CF CAF Central African Rep.|Central African Republic|Zentralafrikanische Republik
|République centrafricaine|República Centroafricana|Repubblica Centrafricana
|Centraal-Afrikaanse Republiek|Republika Środkowoafrykańska|Centralafrikanska republiken
|Den Centralafrikanske Republik|Den sentralafrikanske republikk
CG COG Congo (Rep.)|Congo|Republic of the Congo|Congo-Brazzaville|Kongo-Brazzaville
|República do Congo|Republic of Congo
CH CHE Switzerland|Swiss Confederation|Schweiz|Suisse|Svizzera|Swiss|Suiza|Suíça|Zwitserland
|Szwajcaria|Sveits|Sveitsi|Švýcarsko|İsviçre|Svájc|Elveția|Ελβετία|Швейцария|Швейцарія|スイス|瑞士
|스위스|Helvetia
CI CIV Côte d'Ivoire|Republic of Côte d'Ivoire|Ivory Coast|Costa do Marfim|Costa d'Avorio|Ivoorkust
|Elfenbenskusten|Elfenbenskysten
CK COK Cook Islands|Cookinseln|Îles Cook|Islas Cook|Ilhas Cook|Isole Cook|Cookeilanden|Wyspy Cooka
|Cooköarna|Cookøerne|Cookøyene
CL CHL Chile|Republic of Chile|Chili|Cile|Şili|Χιλή|Чили|Чилі|チリ|智利|칠레
CM CMR Cameroon|Republic of Cameroon|Kamerun|Cameroun|Camerún|Camarões|Kameroen
CN CHN China|People's Republic of China|PRC|Mainland China|中国|Chine|Cina|Chiny|Kina|Kiina|Çin|Κίνα
|Китай|中國|중국
CO COL Colombia|Republic of Colombia|Kolumbien|Colombie|Kolumbia|Kolumbie|Kolombiya|Columbia
|Κολομβία|Колумбия|Колумбія|コロンビア|哥伦比亚|哥倫比亞|콜롬비아
CR CRI Costa Rica|Republic of Costa Rica|Kostaryka
CU CUB Cuba|Republic of Cuba|Kuba
CV CPV Cape Verde|Cabo Verde|Republic of Cabo Verde|Cap-Vert|Capo Verde|Kaapverdië
|Republika Zielonego Przylądka|Kap Verde|Kapp Verde
CW CUW Curaçao|Curazao
CX CXR Christmas Island|Weihnachtsinsel|Île Christmas|Isla de Navidad|Ilha Christmas|Isola Christmas
|Christmaseiland|Wyspa Bożego Narodzenia|Julön|Juleøen|Christmasøya
CY CYP Cyprus|Republic of Cyprus|Zypern|Chypre|Chipre|Cipro|Cypr|Cypern|Kypros
CZ CZE Czech Republic|Czechia|Česko|Česká republika|Czech Rep.|Tschechien|Tchéquie|Chequia|Tchéquia
|Cechia|Tsjechië|Czechy|Tjeckien|Tjekkiet|Tsjekkia|Tšekki|Çekya|Csehország|Cehia|Τσεχία|Чехия|Чехія
|チェコ|捷克|체코
DE DEU Germany|Federal Republic of Germany|Deutschland|Duitsland|Allemagne|Alemania|Alemanha
|Germania|Niemcy|Tyskland|Saksa|Německo|Almanya|Németország|Γερμανία|Германия|Німеччина|ドイツ|德国
|德國|독일
DJ DJI Djibouti|Republic of Djibouti|Dschibuti|Yibuti|Djibuti|Gibuti|Dżibuti
DK DNK Denmark|Kingdom of Denmark|Danmark|Dänemark|Denemarken|Dinamarca|Danimarca|Dania|Tanska
|Dánsko|Danimarka|Danemarca|Δανία|Дания|Данія|デンマーク|丹麦|丹麥|덴마크
DM DMA Dominica|Commonwealth of Dominica|Dominique|Dominika
DO DOM Dominican Republic|Dominikanische Republik|République dominicaine|República Dominicana
|Repubblica Dominicana|Dominicaanse Republiek|Dominikana|Dominikanska republiken
|Den Dominikanske Republik|Den dominikanske republikk
DZ DZA Algeria|People's Democratic Republic of Algeria|Algérie|Algerien|Argelia|Algerije|Algieria
|Algeriet
EC ECU Ecuador|Republic of Ecuador|Équateur|Equador|Ekwador
EE EST Estonia|Republic of Estonia|Eesti|Estland|Estonie
EG EGY Egypt|Arab Republic of Egypt|Misr|Ägypten|Égypte|Egipto|Egito|Egitto|Egipt|Egypten|Egypti
|Mısır|Egyiptom|Αίγυπτος|Египет|Єгипет|エジプト|埃及|이집트
EH ESH Western Sahara|Westsahara|Sahara occidental|Saara Ocidental|Sahara Occidentale
|Westelijke Sahara|Sahara Zachodnia|Västsahara|Vestsahara
ER ERI Eritrea|the State of Eritrea|Érythrée|Eritreia|Erytrea
ES ESP Spain|Kingdom of Spain|España|Spanien|Espagne|Espanha|Spagna|Spanje|Hiszpania|Spania|Espanja
|Španělsko|İspanya|Spanyolország|Ισπανία|Испания|Іспанія|スペイン|西班牙|스페인
ET ETH Ethiopia|Federal Democratic Republic of Ethiopia|Äthiopien|Éthiopie|Etiopía|Etiopien
FI FIN Finland|Republic of Finland|Suomi|Finnland|Finlande|Finlandia|Finsko|Finlandiya|Finnország
|Finlanda|Φινλανδία|Финляндия|Фінляндія|フィンランド|芬兰|芬蘭|핀란드
FJ FJI Fiji|Republic of Fiji|Fidschi|Fidji|Fiyi|Figi|Fidżi
FK FLK Falkland Islands|Falkland Islands (Malvinas)|Malvinas|Falklandinseln|Îles Malouines
|Islas Malvinas|Ilhas Malvinas|Isole Falkland|Falklandeilanden|Falklandy|Falklandsöarna
|Falklandsøerne|Falklandsøyene
FM FSM Micronesia|Micronesia, Federated States of|Federated States of Micronesia|Mikronesien
|Micronésie|Mikronezja|Mikronesiaføderasjonen
FO FRO Faroe Islands|Färöer|Îles Féroé|Islas Feroe|Ilhas Faroé|Isole Fær Øer|Faeröer|Wyspy Owcze
|Färöarna|Færøerne|Færøyene
FR FRA France|French Republic|Frankrijk|Frankreich|Francia|França|Francja|Frankrike|Frankrig|Ranska
|Francie|Fransa|Franciaország|Franța|Γαλλία|Франция|Франція|フランス|法国|法國|프랑스
GA GAB Gabon|Gabonese Republic|Gabun|Gabão
GB GBR Britain (UK)|United Kingdom|United Kingdom of Great Britain and Northern Ireland|UK
|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|Großbritannien|Vereinigtes Königreich
|Royaume-Uni|Verenigd Koninkrijk|Reino Unido|Regno Unito|Wielka Brytania|Storbritannien
|Storbritannia|Iso-Britannia|Spojené království|Birleşik Krallık|Egyesült Királyság|Regatul Unit
|Ηνωμένο Βασίλειο|Великобритания|Велика Британія|イギリス|英国|英國|영국|England and Wales
|Great Britain and Northern Ireland|Engeland|Schotland|Angleterre|Inglaterra
GD GRD Grenada|Grenade|Granada
GE GEO Georgia|Georgien|Géorgie|Gruzja
GF GUF French Guiana|Französisch-Guayana|Guyane française|Guayana Francesa|Guiana Francesa
|Guyana Francese|Frans-Guyana|Gujana Francuska|Franska Guyana|Fransk Guyana
GG GGY Guernsey|Guernesey
GH GHA Ghana|Republic of Ghana|Gana
GI GIB Gibraltar|Gibilterra
GL GRL Greenland|Kalaallit Nunaat|Grönland|Groenland|Groenlandia|Grenlandia
GM GMB Gambia|Republic of the Gambia|The Gambia|Gambie
GN GIN Guinea|Republic of Guinea|Guinée|Guiné|Gwinea
GP GLP Guadeloupe|Guadalupe|Guadalupa|Gwadelupa
GQ GNQ Equatorial Guinea|Republic of Equatorial Guinea|Äquatorialguinea|Guinée équatoriale
|Guinea Ecuatorial|Guiné Equatorial|Guinea Equatoriale|Equatoriaal-Guinea|Gwinea Równikowa
|Ekvatorialguinea|Ækvatorialguinea
GR GRC Greece|Hellenic Republic|Hellas|Ελλάδα|Ellada|Griechenland|Grèce|Grecia|Griekenland|Grecja
|Grekland|Grækenland|Kreikka|Řecko|Yunanistan|Görögország|Греция|Греція|ギリシャ|希腊|希臘|그리스|EL
GS SGS South Georgia & the South Sandwich Islands|South Georgia and the South Sandwich Islands
|South Georgia & South Sandwich Islands|Südgeorgien und die Südlichen Sandwichinseln
|Géorgie du Sud-et-les Îles Sandwich du Sud|Islas Georgia del Sur y Sandwich del Sur
|Ilhas Geórgia do Sul e Sandwich do Sul|Georgia del Sud e Sandwich Australi
|Zuid-Georgia en Zuidelijke Sandwicheilanden|Georgia Południowa i Sandwich Południowy
|Sydgeorgien och Sydsandwichöarna|South Georgia og De Sydlige Sandwichøer
|Sør-Georgia og Sør-Sandwichøyene
GT GTM Guatemala|Republic of Guatemala|Gwatemala
GU GUM Guam
GW GNB Guinea-Bissau|Republic of Guinea-Bissau|Guinée-Bissau|Guinea-Bisáu|Guiné-Bissau|Gwinea Bissau
GY GUY Guyana|Republic of Guyana|Guiana|Gujana
HK HKG Hong Kong|Hong Kong Special Administrative Region of China|Hong Kong SAR|Hong Kong SAR China
|Sonderverwaltungsregion Hongkong|R.A.S. chinoise de Hong Kong|RAE de Hong Kong (China)
|Hong Kong, RAE da China|RAS di Hong Kong|Hongkong SAR van China|SRA Hongkong (Chiny)|SAR Hongkong
|Hongkong SAR Kina|Hongkong – Kiinan erityishallintoalue|Hongkong – ZAO Číny|Çin Hong Kong ÖİB
|Hongkong KKT|R.A.S. Hong Kong, China|Χονγκ Κονγκ ΕΔΠ Κίνας|Гонконг (САР)|Гонконг, ОАР Китаю
|中華人民共和国香港特別行政区|中国香港特别行政区|中國香港特別行政區|홍콩(중국 특별행정구)
HM HMD Heard Island & McDonald Islands|Heard Island and McDonald Islands|Heard & McDonald Islands
|Heard und McDonaldinseln|Îles Heard-et-MacDonald|Islas Heard y McDonald|Ilhas Heard e McDonald
|Isole Heard e McDonald|Heard en McDonaldeilanden|Wyspy Heard i McDonalda|Heardön och McDonaldöarna
|Heard Island og McDonald Islands|Heard- og McDonaldøyene
HN HND Honduras|Republic of Honduras
HR HRV Croatia|Republic of Croatia|Hrvatska|Kroatien|Croatie|Croacia|Croazia|Kroatië|Chorwacja
|Kroatia
HT HTI Haiti|Republic of Haiti
HU HUN Hungary|Magyarország|Ungarn|Hongrie|Hungría|Ungheria|Hongarije|Węgry|Ungern|Unkari|Maďarsko
|Macaristan|Ungaria|Ουγγαρία|Венгрия|Угорщина|ハンガリー|匈牙利|헝가리
ID IDN Indonesia|Republic of Indonesia|Indonesien|Indonésie|Indonezja|Endonezya|Indonézia|Ινδονησία
|Индонезия|Індонезія|インドネシア|印度尼西亚|印尼|인도네시아
IE IRL Ireland|Éire|Republic of Ireland|Irland|Ierland|Irlande|Irlanda|Irlandia|Irlanti|Irsko
|Írország|Ιρλανδία|Ирландия|Ірландія|アイルランド|爱尔兰|愛爾蘭|아일랜드
IL ISR Israel|State of Israel|Israele|Izrael|İsrail|Ισραήλ|Израиль|Ізраїль|イスラエル|以色列
|이스라엘
IM IMN Isle of Man|Île de Man|Isla de Man|Ilha de Man|Isola di Man|Wyspa Man
IN IND India|Republic of India|Bharat|Indien|Inde|Indie|Intia|Hindistan|Ινδία|Индия|Індія|インド
|印度|인도
IO IOT British Indian Ocean Territory|Britisches Territorium im Indischen Ozean
|Territoire britannique de l'océan Indien|Territorio Británico del Océano Índico
|Território Britânico do Oceano Índico|Territorio Britannico dell'Oceano Indiano
|Brits Indische Oceaanterritorium|Brytyjskie Terytorium Oceanu Indyjskiego
|Brittiska territoriet i Indiska oceanen|Det Britiske Territorium i Det Indiske Ocean
|Det britiske territoriet i Indiahavet
IQ IRQ Iraq|Republic of Iraq|Irak|Iraque
IR IRN Iran|Iran, Islamic Republic of|Islamic Republic of Iran|Irã
IS ISL Iceland|Republic of Iceland|Ísland|Islande|Islandia|Islanda|IJsland
IT ITA Italy|Italian Republic|Italia|Italien|Italie|Włochy|İtalya|Olaszország|Ιταλία|Италия|Італія
|イタリア|意大利|義大利|이탈리아
JE JEY Jersey
JM JAM Jamaica|Jamaika|Jamaïque|Giamaica|Jamajka
JO JOR Jordan|Hashemite Kingdom of Jordan|Jordanien|Jordanie|Jordania|Giordania
JP JPN Japan|日本|Nippon|Japon|Japão|Giappone|Japonia|Japani|Japonsko|Japonya|Ιαπωνία|Япония|Японія
|일본
KE KEN Kenya|Republic of Kenya|Kenia|Quênia
KG KGZ Kyrgyzstan|Kyrgyz Republic|Kirgisistan|Kirghizstan|Kirguistán|Quirguistão|Kirghizistan
|Kirgizië|Kirgistan|Kirgizistan
KH KHM Cambodia|Kingdom of Cambodia|Kambodscha|Cambodge|Camboya|Camboja|Cambogia|Cambodja|Kambodża
|Kambodja|Kambodsja
KI KIR Kiribati|Republic of Kiribati|Quiribati
KM COM Comoros|Union of the Comoros|Komoren|Comores|Comoras|Comore|Comoren|Komory|Komorerna
|Comorerne|Komorene
KN KNA St Kitts & Nevis|Saint Kitts and Nevis|St. Kitts and Nevis|St. Kitts und Nevis
|Saint-Christophe-et-Niévès|San Cristóbal y Nieves|São Cristóvão e Névis|Saint Kitts e Nevis
|Saint Kitts en Nevis|Saint Kitts i Nevis|S:t Kitts och Nevis|Saint Kitts og Nevis
KP PRK Korea (North)|Korea, Democratic People's Republic of|North Korea
|Democratic People's Republic of Korea|DPRK|Nordkorea|Corée du Nord|Corea del Norte|Coreia do Norte
|Corea del Nord|Noord-Korea|Korea Północna
KR KOR Korea (South)|Korea, Republic of|South Korea|Korea|Republic of Korea|한국|대한민국|Südkorea
|Corée du Sud|Corea del Sur|Coreia do Sul|Corea del Sud|Zuid-Korea|Korea Południowa|Sydkorea
|Sør-Korea|Etelä-Korea|Jižní Korea|Güney Kore|Dél-Korea|Coreea de Sud|Νότια Κορέα|Республика Корея
|Південна Корея|韓国|韩国|南韓|South Korea (Republic of Korea)|ROK|Corea
KW KWT Kuwait|State of Kuwait|Koweït|Koeweit|Kuwejt
KY CYM Cayman Islands|Kaimaninseln|Îles Caïmans|Islas Caimán|Ilhas Cayman|Isole Cayman
|Kaaimaneilanden|Kajmany|Caymanöarna|Caymanøerne|Caymanøyene
KZ KAZ Kazakhstan|Republic of Kazakhstan|Қазақстан|Kasachstan|Kazajistán|Cazaquistão|Kazakistan
|Kazachstan|Kazakstan|Kasakhstan
LA LAO Laos|Lao People's Democratic Republic|Lao PDR
LB LBN Lebanon|Lebanese Republic|Libanon|Liban|Líbano
LC LCA St Lucia|Saint Lucia|Sainte-Lucie|Santa Lucía
LI LIE Liechtenstein|Principality of Liechtenstein
LK LKA Sri Lanka|Democratic Socialist Republic of Sri Lanka
LR LBR Liberia|Republic of Liberia
LS LSO Lesotho|Kingdom of Lesotho|Lesoto
LT LTU Lithuania|Republic of Lithuania|Lietuva|Litauen|Lituanie|Lituania|Litouwen|Litwa
LU LUX Luxembourg|Grand Duchy of Luxembourg|Luxemburg|Lëtzebuerg|Luxemburgo|Lussemburgo|Luksemburg
LV LVA Latvia|Republic of Latvia|Latvija|Lettland|Lettonie|Letonia|Lettonia|Letland|Łotwa
LY LBY Libya|Libyen|Libye|Libia|Libië
MA MAR Morocco|Kingdom of Morocco|Maroc|Marokko|Marruecos|Marrocos|Marocco|Maroko|Marocko
MC MCO Monaco|Principality of Monaco|Monako
MD MDA Moldova|Moldova, Republic of|Republic of Moldova|Republik Moldau|Moldavie|Moldavia|Mołdawia
|Moldavien
ME MNE Montenegro|Czarnogóra
MF MAF St Martin (French)|Saint Martin (French part)|St. Martin|Saint-Martin|San Martín|São Martinho
MG MDG Madagascar|Republic of Madagascar|Madagaskar
MH MHL Marshall Islands|Republic of the Marshall Islands|Marshallinseln|Îles Marshall|Islas Marshall
|Ilhas Marshall|Isole Marshall|Marshalleilanden|Wyspy Marshalla|Marshallöarna|Marshalløerne
|Marshalløyene
MK MKD North Macedonia|Republic of North Macedonia|Macedonia|Nordmazedonien|Macédoine du Nord
|Macedonia del Norte|Macedônia do Norte|Macedonia del Nord|Noord-Macedonië|Macedonia Północna
|Nordmakedonien|Nord-Makedonia|FYROM|Former Yugoslav Republic of Macedonia
ML MLI Mali|Republic of Mali
MM MMR Myanmar (Burma)|Myanmar|Republic of Myanmar|Burma|Myanmar (Birmanie)|Myanmar (Birmania)
|Mianmar (Birmânia)|Myanmar (Birma)|Mjanma (Birma)
MN MNG Mongolia|Mongolei|Mongolie|Mongoliet
MO MAC Macau|Macao|Macao Special Administrative Region of China|Macao SAR China
|Sonderverwaltungsregion Macau|R.A.S. chinoise de Macao|RAE de Macao (China)|Macau, RAE da China
|RAS di Macao|Macau SAR van China|SRA Makau (Chiny)|Macao SAR|SAR Macao|Macao SAR Kina
MP MNP Northern Mariana Islands|Commonwealth of the Northern Mariana Islands|Nördliche Marianen
|Îles Mariannes du Nord|Islas Marianas del Norte|Ilhas Marianas do Norte
|Isole Marianne Settentrionali|Noordelijke Marianen|Mariany Północne|Nordmarianerna|Nordmarianerne
|Nord-Marianene
MQ MTQ Martinique|Martinica|Martynika
MR MRT Mauritania|Islamic Republic of Mauritania|Mauretanien|Mauritanie|Mauretania
MS MSR Montserrat
MT MLT Malta|Republic of Malta|Malte
MU MUS Mauritius|Republic of Mauritius|Maurice|Mauricio
MV MDV Maldives|Republic of Maldives|Malediven|Maldivas|Maldive|Maldiven|Malediwy|Maldiverna
|Maldiverne|Maldivene
MW MWI Malawi|Republic of Malawi|Malaui
MX MEX Mexico|United Mexican States|Mexiko|Mexique|Messico|Meksyk|Meksiko|Meksika|Mexic|Μεξικό
|Мексика|メキシコ|墨西哥|멕시코
MY MYS Malaysia|Malaisie|Malasia|Maleisië|Malezja|Malesia|Malajsie|Malezya|Malajzia|Μαλαισία
|Малайзия|Малайзія|マレーシア|马来西亚|馬來西亞|말레이시아
MZ MOZ Mozambique|Republic of Mozambique|Mosambik|Moçambique|Mozambico|Mozambik
NA NAM Namibia|Republic of Namibia|Namibie
NC NCL New Caledonia|Neukaledonien|Nouvelle-Calédonie|Nueva Caledonia|Nova Caledônia|Nuova Caledonia
|Nieuw-Caledonië|Nowa Kaledonia|Nya Kaledonien|Ny Kaledonien|Ny-Caledonia
NE NER Niger|Republic of the Niger
NF NFK Norfolk Island|Norfolkinsel|Île Norfolk|Isla Norfolk|Ilha Norfolk|Isola Norfolk|Norfolk
|Norfolkön|Norfolkøya
NG NGA Nigeria|Federal Republic of Nigeria
NI NIC Nicaragua|Republic of Nicaragua|Nikaragua
NL NLD Netherlands|Kingdom of the Netherlands|Nederland|Holland|The Netherlands|Niederlande|Pays-Bas
|Países Bajos|Países Baixos|Paesi Bassi|Holandia|Niderlandy|Nederländerna|Nederlandene|Alankomaat
|Nizozemsko|Hollanda|Hollandia|Holanda|Olanda
|Țările de Jos|Κάτω Χώρες|Нидерланды|Нідерланди|オランダ|荷兰|荷蘭|네덜란드
NO NOR Norway|Kingdom of Norway|Norge|Norwegen|Norvège|Noruega|Norvegia|Noorwegen|Norwegia|Norja
|Norsko|Norveç|Νορβηγία|Норвегия|Норвегія|ノルウェー|挪威|노르웨이
NP NPL Nepal|Federal Democratic Republic of Nepal
NR NRU Nauru|Republic of Nauru
NU NIU Niue
NZ NZL New Zealand|Aotearoa|Neuseeland|Nouvelle-Zélande|Nueva Zelanda|Nova Zelândia|Nuova Zelanda
|Nieuw-Zeeland|Nowa Zelandia|Nya Zeeland|Uusi-Seelanti|Nový Zéland|Yeni Zelanda|Új-Zéland
|Noua Zeelandă|Νέα Ζηλανδία|Новая Зеландия|Нова Зеландія|ニュージーランド|新西兰|紐西蘭|뉴질랜드
OM OMN Oman|Sultanate of Oman|Omã
PA PAN Panama|Republic of Panama
PE PER Peru|Republic of Peru|Pérou
PF PYF French Polynesia|Französisch-Polynesien|Polynésie française|Polinesia Francesa
|Polinesia Francese|Frans-Polynesië|Polinezja Francuska|Franska Polynesien|Fransk Polynesien
|Fransk Polynesia
PG PNG Papua New Guinea|Independent State of Papua New Guinea|Papua-Neuguinea
|Papouasie-Nouvelle-Guinée|Papúa Nueva Guinea|Papua-Nova Guiné|Papua Nuova Guinea
|Papoea-Nieuw-Guinea|Papua-Nowa Gwinea|Papua Nya Guinea|Papua Ny Guinea
PH PHL Philippines|Republic of the Philippines|Pilipinas|The Philippines|Philippinen|Filipinas
|Filippine|Filipijnen|Filipiny|Filippinerna|Filippinerne|Filippinene|Filippiinit|Filipinler
|Fülöp-szigetek|Filipine|Φιλιππίνες|Филиппины|Філіппіни|フィリピン|菲律宾|菲律賓|필리핀
PK PAK Pakistan|Islamic Republic of Pakistan|Paquistão
PL POL Poland|Republic of Poland|Polska|Polen|Pologne|Polonia|Puola|Polsko|Polonya|Lengyelország
|Πολωνία|Польша|Польща|ポーランド|波兰|波蘭|폴란드
PM SPM St Pierre & Miquelon|Saint Pierre and Miquelon|St. Pierre and Miquelon
|St. Pierre und Miquelon|Saint-Pierre-et-Miquelon|San Pedro y Miquelón|São Pedro e Miquelão
|Saint-Pierre e Miquelon|Saint-Pierre en Miquelon|Saint-Pierre i Miquelon|S:t Pierre och Miquelon
|Saint Pierre og Miquelon
PN PCN Pitcairn|Pitcairn Islands|Pitcairninseln|Îles Pitcairn|Islas Pitcairn|Ilhas Pitcairn
|Isole Pitcairn|Pitcairneilanden|Pitcairnöarna|Pitcairnøyene
PR PRI Puerto Rico|Porto Rico|Portoryko
PS PSE Palestine|Palestine, State of|the State of Palestine|Palestinian Territories
|Palästinensische Autonomiegebiete|Territoires palestiniens|Territorios Palestinos
|Territori Palestinesi|Palestijnse gebieden|Terytoria Palestyńskie|Palestinska territorierna
|De palæstinensiske områder|Det palestinske området|Palestinian Territory
|Occupied Palestinian Territory
PT PRT Portugal|Portuguese Republic|Portogallo|Portugalia|Portugali|Portugalsko|Portekiz|Πορτογαλία
|Португалия|Португалія|ポルトガル|葡萄牙|포르투갈
PW PLW Palau|Republic of Palau|Palaos
PY PRY Paraguay|Republic of Paraguay|Paraguai|Paragwaj
QA QAT Qatar|State of Qatar|Katar|Catar
RE REU Réunion|La Réunion|Reunião|Riunione
RO ROU Romania|Rumänien|Roumanie|Rumanía|Romênia|Roemenië|Rumunia|Rumænien|Rumunsko|Romanya|Ρουμανία
|Румыния|Румунія|ルーマニア|罗马尼亚|羅馬尼亞|루마니아
RS SRB Serbia|Republic of Serbia|Srbija|Serbien|Serbie|Sérvia|Servië
RU RUS Russia|Russian Federation|Россия|Russland|Russie|Rusia|Rusland|Rosja|Ryssland|Venäjä|Rusko
|Rusya|Oroszország|Ρωσία|Росія|ロシア|俄罗斯|俄羅斯|러시아|Rossiya
RW RWA Rwanda|Rwandese Republic|Ruanda
SA SAU Saudi Arabia|Kingdom of Saudi Arabia|KSA|Saudi-Arabien|Arabie saoudite|Arabia Saudí
|Arábia Saudita|Saoedi-Arabië|Arabia Saudyjska|Saúdská Arábie|Suudi Arabistan|Szaúd-Arábia
|Σαουδική Αραβία|Саудовская Аравия|Саудівська Аравія|サウジアラビア|沙特阿拉伯|沙烏地阿拉伯
|사우디아라비아
SB SLB Solomon Islands|Salomonen|Îles Salomon|Islas Salomón|Ilhas Salomão|Isole Salomone
|Salomonseilanden|Wyspy Salomona|Salomonöarna|Salomonøerne|Salomonøyene
SC SYC Seychelles|Republic of Seychelles|Seychellen|Seicheles|Seszele|Seychellerna|Seychellerne
|Seychellene
SD SDN Sudan|Republic of the Sudan|Soudan|Sudão|Soedan
SE SWE Sweden|Kingdom of Sweden|Sverige|Schweden|Suède|Suecia|Svezia|Zweden|Szwecja|Ruotsi|Švédsko
|İsveç|Svédország|Suedia|Σουηδία|Швеция|Швеція|スウェーデン|瑞典|스웨덴
SG SGP Singapore|Republic of Singapore|Singapur|Singapour|Singapura|Szingapúr|Σιγκαπούρη|Сингапур
|Сінгапур|シンガポール|新加坡|싱가포르
SH SHN St Helena|Saint Helena, Ascension and Tristan da Cunha|Sainte-Hélène|Santa Elena|Santa Helena
|Sant'Elena|Sint-Helena|Wyspa Świętej Heleny
SI SVN Slovenia|Republic of Slovenia|Slovenija|Slowenien|Slovénie|Eslovenia|Słowenia|Slovenien
SJ SJM Svalbard & Jan Mayen|Svalbard and Jan Mayen|Spitzbergen und Jan Mayen|Svalbard et Jan Mayen
|Svalbard y Jan Mayen|Svalbard e Jan Mayen|Spitsbergen en Jan Mayen|Svalbard i Jan Mayen
|Svalbard och Jan Mayen|Svalbard og Jan Mayen
SK SVK Slovakia|Slovak Republic|Slovensko|Slowakei|Slovaquie|Eslovaquia|Slovacchia|Slowakije
|Słowacja|Slovakien|Slovakiet
SL SLE Sierra Leone|Republic of Sierra Leone|Sierra Leona|Serra Leoa
SM SMR San Marino|Republic of San Marino|Saint-Marin
SN SEN Senegal|Republic of Senegal
SO SOM Somalia|Federal Republic of Somalia|Somalie
SR SUR Suriname|Republic of Suriname|Surinam
SS SSD South Sudan|Republic of South Sudan|Südsudan|Soudan du Sud|Sudán del Sur|Sudão do Sul
|Zuid-Soedan|Sudan Południowy|Sydsudan|Sør-Sudan
ST STP Sao Tome & Principe|Sao Tome and Principe|Democratic Republic of Sao Tome and Principe
|São Tomé und Príncipe|Sao Tomé-et-Principe|Santo Tomé y Príncipe|São Tomé e Príncipe
|Sao Tomé en Principe|Wyspy Świętego Tomasza i Książęca|São Tomé och Príncipe|São Tomé og Príncipe
SV SLV El Salvador|Republic of El Salvador|Salvador|Salwador
SX SXM St Maarten (Dutch)|Sint Maarten (Dutch part)|Sint Maarten|Saint-Martin (partie néerlandaise)
SY SYR Syria|Syrian Arab Republic|Syrien|Syrie|Siria
SZ SWZ Eswatini (Swaziland)|Eswatini|Kingdom of Eswatini|Swaziland|Esuatini|Essuatíni
TC TCA Turks & Caicos Is|Turks and Caicos Islands|Turks & Caicos Islands|Turks- und Caicosinseln
|Îles Turques-et-Caïques|Islas Turcas y Caicos|Ilhas Turcas e Caicos|Isole Turks e Caicos
|Turks- en Caicoseilanden|Turks i Caicos|Turks- och Caicosöarna|Turks- og Caicosøerne
|Turks- og Caicosøyene
TD TCD Chad|Republic of Chad|Tschad|Tchad|Chade|Ciad|Tsjaad|Czad|Tsjad
TF ATF French S. Terr.|French Southern Territories|Französische Süd- und Antarktisgebiete
|Terres australes françaises|Territorios Australes Franceses|Territórios Franceses do Sul
|Terre Australi Francesi|Franse Gebieden in de zuidelijke Indische Oceaan
|Francuskie Terytoria Południowe i Antarktyczne|Franska sydterritorierna
|De Franske Besiddelser i Det Sydlige Indiske Ocean og Antarktis|De franske sørterritorier
TG TGO Togo|Togolese Republic
TH THA Thailand|Kingdom of Thailand|Thaïlande|Tailandia|Thailandia|Tajlandia|Thaimaa|Thajsko|Tayland
|Thaiföld|Thailanda|Ταϊλάνδη|Таиланд|Таїланд|タイ|泰国|泰國|태국
TJ TJK Tajikistan|Republic of Tajikistan|Tadschikistan|Tadjikistan|Tayikistán|Tadjiquistão
|Tagikistan|Tadzjikistan|Tadżykistan|Tadsjikistan
TK TKL Tokelau|Tokelauöarna
TL TLS East Timor|Timor-Leste|Democratic Republic of Timor-Leste|Timor oriental|Timor Est|Oost-Timor
|Timor Wschodni|Östtimor
TM TKM Turkmenistan|Turcomenistão
TN TUN Tunisia|Republic of Tunisia|Tunesien|Tunisie|Túnez|Tunesië|Tunezja|Tunisien
TO TON Tonga|Kingdom of Tonga
TR TUR Turkey|Türkiye|Republic of Türkiye|Türkei|Turkije|Turquie|Turquía|Turchia|Turcja|Turkiet
|Tyrkiet|Tyrkia|Turkki|Turecko|Törökország|Turcia|Τουρκία|Турция|Туреччина|トルコ|土耳其|튀르키예
TT TTO Trinidad & Tobago|Trinidad and Tobago|Republic of Trinidad and Tobago|Trinidad
|Trinidad und Tobago|Trinité-et-Tobago|Trinidad y Tobago|Trinidad e Tobago|Trinidad en Tobago
|Trynidad i Tobago|Trinidad och Tobago|Trinidad og Tobago
TV TUV Tuvalu
TW TWN Taiwan|Taiwan, Province of China|台灣|Tajwan|Tchaj-wan|Tayvan|Tajvan|Ταϊβάν|Тайвань|台湾|대만
|Republic of China|Chinese Taipei|Taiwan R.O.C.|臺灣
TZ TZA Tanzania|Tanzania, United Republic of|United Republic of Tanzania|Tansania|Tanzanie
UA UKR Ukraine|Україна|Ucrania|Ucraina|Oekraïne|Ukraina|Ukrajina|Ukrayna|Ukrajna|Ουκρανία|Украина
|ウクライナ|乌克兰|烏克蘭|우크라이나
UG UGA Uganda|Republic of Uganda|Ouganda|Oeganda
UM UMI US minor outlying islands|United States Minor Outlying Islands|U.S. Outlying Islands
|Amerikanische Überseeinseln|Îles mineures éloignées des États-Unis
|Islas menores alejadas de EE. UU.|Ilhas Menores Distantes dos EUA
|Isole Minori Esterne degli Stati Uniti|Kleine afgelegen eilanden van de Verenigde Staten
|Dalekie Wyspy Mniejsze Stanów Zjednoczonych|USA:s yttre öar|Amerikanske oversøiske øer
|USAs ytre øyer
US USA United States|United States of America|America|the States|Estados Unidos|États-Unis
|Vereinigte Staaten|VS|Stati Uniti|Verenigde Staten|Stany Zjednoczone|Yhdysvallat|Spojené státy
|Amerika Birleşik Devletleri|Egyesült Államok|Statele Unite ale Americii|Ηνωμένες Πολιτείες
|Соединенные Штаты|Сполучені Штати|アメリカ合衆国|美国|美國|미국|USofA|EUA|EE.UU.
|USA (United States)|United States of America (USA)|Verenigde Staten van Amerika
|Vereinigte Staaten von Amerika|États-Unis d'Amérique|Estados Unidos de América
|Estados Unidos da América|Stati Uniti d'America|Amerika|アメリカ
UY URY Uruguay|Eastern Republic of Uruguay|Uruguai|Urugwaj
UZ UZB Uzbekistan|Republic of Uzbekistan|Usbekistan|Ouzbékistan|Uzbequistão|Oezbekistan
VA VAT Vatican City|Holy See (Vatican City State)|Vatican|Holy See|Vatikanstadt
|État de la Cité du Vatican|Ciudad del Vaticano|Cidade do Vaticano|Città del Vaticano|Vaticaanstad
|Watykan|Vatikanstaten|Vatican City State
VC VCT St Vincent|Saint Vincent and the Grenadines|St. Vincent and the Grenadines|Saint Vincent
|St. Vincent & Grenadines|St. Vincent und die Grenadinen|Saint-Vincent-et-les Grenadines
|San Vicente y las Granadinas|São Vicente e Granadinas|Saint Vincent e Grenadine
|Saint Vincent en de Grenadines|Saint Vincent i Grenadyny|S:t Vincent och Grenadinerna
|Saint Vincent og Grenadinerne|St. Vincent og Grenadinene
VE VEN Venezuela|Venezuela, Bolivarian Republic of|Bolivarian Republic of Venezuela|Wenezuela
VG VGB Virgin Islands (UK)|Virgin Islands, British|British Virgin Islands|Britische Jungferninseln
|Îles Vierges britanniques|Islas Vírgenes Británicas|Ilhas Virgens Britânicas
|Isole Vergini Britanniche|Britse Maagdeneilanden|Brytyjskie Wyspy Dziewicze|Brittiska Jungfruöarna
|De Britiske Jomfruøer|De britiske jomfruøyene
VI VIR Virgin Islands (US)|Virgin Islands of the United States|U.S. Virgin Islands
|Amerikanische Jungferninseln|Îles Vierges des États-Unis|Islas Vírgenes de EE. UU.
|Ilhas Virgens Americanas|Isole Vergini Americane|Amerikaanse Maagdeneilanden
|Wyspy Dziewicze Stanów Zjednoczonych|Amerikanska Jungfruöarna|De Amerikanske Jomfruøer
|De amerikanske jomfruøyene
VN VNM Vietnam|Socialist Republic of Viet Nam|Vietnã|Wietnam|Βιετνάμ|Вьетнам|Вʼєтнам|ベトナム|越南
|베트남
VU VUT Vanuatu|Republic of Vanuatu
WF WLF Wallis & Futuna|Wallis and Futuna|Wallis und Futuna|Wallis-et-Futuna|Wallis y Futuna
|Wallis e Futuna|Wallis en Futuna|Wallis i Futuna|Wallis- och Futunaöarna|Wallis og Futuna
WS WSM Samoa (western)|Samoa|Independent State of Samoa
XK XKX Kosovo|Republic of Kosovo|Kosova|Kosowo
YE YEM Yemen|Republic of Yemen|Jemen|Iêmen
YT MYT Mayotte|Majotta
ZA ZAF South Africa|Republic of South Africa|Suid-Afrika|RSA|Südafrika|Afrique du Sud|Sudáfrica
|África do Sul|Zuid-Afrika|Republika Południowej Afryki|Sydafrika|Sør-Afrika|Etelä-Afrikka
|Jihoafrická republika|Güney Afrika|Dél-afrikai Köztársaság|Africa de Sud|Νότια Αφρική
|Южно-Африканская Республика|Південно-Африканська Республіка|南アフリカ|南非|남아프리카
ZM ZMB Zambia|Republic of Zambia|Sambia|Zambie
ZW ZWE Zimbabwe|Republic of Zimbabwe|Simbabwe|Zimbabue
"""


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    """Return each country's codes of two and of three letters, and its names."""
    rows = _TABLE.replace("\n|", "|").strip().splitlines()
    return tuple((code, three, names) for code, three, names in (row.split(" ", 2) for row in rows))


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of two letters of all countries, in alphabetical order."""
    return tuple(code for code, _, _ in _rows())


@cache
def _by_code() -> dict[str, str]:
    return {each: code for code, three, _ in _rows() for each in (code, three)} | _MORE_CODES


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    rows = bare(_TABLE).replace("\n|", "|").strip().splitlines()  # all at once: it is faster
    for (code, _, _), row in zip(_rows(), rows, strict=True):
        names = ("".join(words_of(name)) for name in row.split(" ", 2)[2].split("|"))
        found |= {name: code for name in names if name}
    return found


def country_code(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country, or None when no country is meant.

    It is given by its code of two or three letters, with or without dots, or by a name of it that
    is in use, in its own language or another common one. What names several countries (``Virgin
    Islands``) and what is larger or smaller than one (``Europe``, ``California``) is none; words
    with a first meaning have that: ``America`` is US, ``Korea`` KR, ``Congo`` CG, ``Georgia`` GE.
    """
    if text in _by_code():
        return _by_code()[text]
    return _named(text) if len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=_REMEMBERED)
def _named(text: str) -> str | None:
    whole = folded(text)
    found = _by_code().get(whole.upper()) or _by_name().get(whole)
    if found is not None:
        return found
    for start in _STARTS:
        if whole.startswith(start) and (found := _by_name().get(whole.removeprefix(start))):
            return found
    head, bracket, code = text.partition("(")
    there = country_code(head) if bracket else None  # Germany (DE)
    return there if there and there == country_code(code.rstrip(") ")) else None
