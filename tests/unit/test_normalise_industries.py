"""Industries of one list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.industries import industries, industry_name
from local.layout import ROOT

LINKEDIN = """
Accounting; Airlines/Aviation; Alternative Dispute Resolution; Alternative Medicine; Animation;
Apparel & Fashion; Architecture & Planning; Arts & Crafts; Automotive; Aviation & Aerospace;
Banking;
Biotechnology; Broadcast Media; Building Materials; Business Supplies & Equipment; Capital Markets;
Chemicals; Civic & Social Organization; Civil Engineering; Commercial Real Estate;
Computer & Network Security; Computer Games; Computer Hardware; Computer Networking;
Computer Software; Construction; Consumer Electronics; Consumer Goods; Consumer Services; Cosmetics;
Dairy; Defense & Space; Design; E-Learning; Education Management;
Electrical/Electronic Manufacturing; Entertainment; Environmental Services; Events Services;
Executive Office; Facilities Services; Farming; Financial Services; Fine Art; Fishery;
Food & Beverages; Food Production; Fund-Raising; Furniture; Gambling & Casinos;
Glass, Ceramics & Concrete; Government Administration; Government Relations; Graphic Design;
Health, Wellness & Fitness; Higher Education; Hospital & Health Care; Hospitality; Human Resources;
Import & Export; Individual & Family Services; Industrial Automation; Information Services;
Information Technology & Services; Insurance; International Affairs;
International Trade & Development; Internet; Investment Banking; Investment Management; Judiciary;
Law Enforcement; Law Practice; Legal Services; Legislative Office; Leisure, Travel & Tourism;
Libraries; Logistics & Supply Chain; Luxury Goods & Jewelry; Machinery; Management Consulting;
Maritime; Market Research; Marketing & Advertising; Mechanical or Industrial Engineering;
Media Production; Medical Devices; Medical Practice; Mental Health Care; Military; Mining & Metals;
Motion Pictures & Film; Museums & Institutions; Music; Nanotechnology; Newspapers;
Non-profit Organization Management; Oil & Energy; Online Media; Outsourcing/Offshoring;
Package/Freight Delivery; Packaging & Containers; Paper & Forest Products; Performing Arts;
Pharmaceuticals; Philanthropy; Photography; Plastics; Political Organization;
Primary/Secondary Education; Printing; Professional Training & Coaching; Program Development;
Public Policy; Public Relations & Communications; Public Safety; Publishing; Railroad Manufacture;
Ranching; Real Estate; Recreational Facilities & Services; Religious Institutions;
Renewables & Environment; Research; Restaurants; Retail; Security & Investigations; Semiconductors;
Shipbuilding; Sporting Goods; Sports; Staffing & Recruiting; Supermarkets; Telecommunications;
Textiles; Think Tanks; Tobacco; Translation & Localization; Transportation/Trucking/Railroad;
Utilities; Venture Capital & Private Equity; Veterinary; Warehousing; Wholesale; Wine & Spirits;
Wireless; Writing & Editing
"""
GICS = """
Energy; Materials; Industrials; Consumer Discretionary; Consumer Staples; Health Care; Financials;
Information Technology; Communication Services; Utilities; Real Estate; Application Software;
Semiconductors; Aerospace & Defense; Property & Casualty Insurance; Multi-Utilities;
Health Care Equipment; Packaged Foods & Meats; Passenger Airlines; Restaurants
"""
NAICS = """
111 112 113 114 115 211 212 213 221 236 237 238 311 312 313 314 315 316 321 322 323 324 325 326 327
331 332 333 334 335 336 337 339 423 424 425 441 444 445 449 455 456 457 458 459 481 482 483 484 485
486 487 488 491 492 493 512 513 516 517 518 519 521 522 523 524 525 531 532 533 541 551 561 562 611
621 622 623 624 711 712 713 721 722 811 812 813 814 921 922 923 924 925 926 927 928
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Software", "Software"), ("software", "Software"), ("SaaS", "Software"),
        ("Computer Software", "Software"), ("COMPUTER_SOFTWARE", "Software"),
        ("Software Development", "Software"), ("513210", "Software"), ("NAICS 5132", "Software"),
        ("Retail", "Retail"), ("Retail Trade", "Retail"), ("44-45", "Retail"),
        ("Manufacturing", "Manufacturing"), ("manufacturing industry", "Manufacturing"),
        ("Information Technology", "Information Technology"), ("IT", "Information Technology"),
        ("Information Technology & Services", "Information Technology"),
        ("information technology and services", "Information Technology"),
        ("IT Services and IT Consulting", "Information Technology"),
        ("Financial Services", "Financial Services"), ("Financials", "Financial Services"),
        ("FinTech", "Financial Services"), ("Healthcare", "Healthcare"),
        ("Health Care", "Healthcare"), ("Hospitals and Health Care", "Healthcare"),
        ("Hospital & Health Care", "Healthcare"), ("e-commerce", "E-commerce"),
        ("Non-profit", "Nonprofit"), ("Pharma", "Pharmaceuticals"), ("Legal", "Legal Services"),
        ("Oil & Energy", "Oil & Gas"), ("62", "Healthcare"), ("541511", "Software"),
        ("541512", "Information Technology"), ("999", None), ("5", None), ("13", None),
        ("Underwater Basket Weaving", None), ("", None), ("&", None), ("Software" * 50, None),
    ],
)  # fmt: skip
def test_names_and_codes_in_use_lead_to_the_list(text: str, name: str | None) -> None:
    assert industry_name(text) == name


@pytest.mark.parametrize("listed", [LINKEDIN, GICS], ids=["linkedin", "gics"])
def test_the_lists_of_others_lead_to_ours(listed: str) -> None:
    names = [" ".join(name.split()) for name in listed.split(";")]
    assert [name for name in names if industry_name(name) is None] == []
    shouted = [name.upper().replace("&", "AND") for name in names]
    assert [industry_name(name) for name in shouted] == [industry_name(name) for name in names]


@pytest.mark.parametrize("code", NAICS.split())
def test_every_subsector_of_naics_leads_to_an_industry(code: str) -> None:
    assert industry_name(code) is not None
    assert industry_name(f"{code}110") is not None


def test_the_list_names_each_industry_alias_and_code_once() -> None:
    rows = industries()
    assert len({row.name for row in rows}) == len(rows)
    codes = [code for row in rows for code in row.naics]
    assert len(set(codes)) == len(codes)
    for row in rows:
        assert {industry_name(name) for name in (row.name, *row.aliases)} == {row.name}


@given(st.text(max_size=250))
def test_a_name_stands_for_itself_and_any_text_is_safe(text: str) -> None:
    found = industry_name(text)
    assert found is None or industry_name(found) == found


def test_the_documentation_has_the_whole_list() -> None:
    text = (ROOT / "docs" / "normalisation.md").read_text(encoding="utf-8")
    for row in industries():
        assert f"| {row.name} | {' '.join(row.naics) or '–'} |" in text
