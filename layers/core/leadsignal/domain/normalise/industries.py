"""Industries: one list, and what the lists of others call them."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from leadsignal.domain.normalise.text import bare, words_of

MAX_LENGTH = 200
_REMEMBERED = 1024

# name: codes of NAICS 2022, its own first; then what LinkedIn (old and new names), GICS, NAICS, the
# SIC and people call it
_TABLE = """
Agriculture: 11 111 112 115
|Farming|Ranching|Dairy|Dairy Farming|Ranching and Fisheries|Agribusiness|Agritech|AgTech
|Crop Production|Animal Production|Horticulture|Agricultural Products
|Agricultural Products & Services|Agricultural Production|Agriculture, Forestry, Fishing and Hunting
|Farming, Ranching, Forestry|Agriculture & Forestry|Animal Production and Aquaculture
|Support Activities for Agriculture and Forestry|Agricultural Services
|Fertilizers & Agricultural Chemicals|Viticulture|Food & Agriculture
Forestry: 113
|Forestry and Logging|Logging|Timber|Timber REITs|Timberland
Fishing: 114
|Fishery|Fisheries|Fishing, Hunting and Trapping|Aquaculture
Mining & Metals: 21 212 331
|Mining|Metals|Metals & Mining|Gold|Copper|Silver|Steel|Aluminum|Aluminium|Coal|Coal Mining
|Metal Mining|Mining (except Oil and Gas)|Diversified Metals & Mining|Precious Metals & Minerals
|Iron & Steel|Primary Metal Manufacturing|Fabricated Metal Products|Metal Ore Mining
|Nonmetallic Mineral Mining|Primary Metals|Mining, Quarrying, and Oil and Gas Extraction
|Metal Treatments|Mining & Quarrying|Minerals
Oil & Gas: 211 213 324 486 4247 457
|Oil & Energy|Oil and Gas Extraction|Petroleum|Oil|Gas|Natural Gas|Natural Gas Extraction
|Oil, Gas & Mining|Integrated Oil & Gas|Oil & Gas Exploration & Production
|Oil & Gas Refining & Marketing|Oil Extraction|Oil & Gas Equipment & Services
|Oil & Gas Storage & Transportation|Oil & Gas Drilling|Pipelines|Pipeline Transportation
|Petroleum and Coal Products Manufacturing|Petroleum Refining|Oil, Gas & Consumable Fuels
|Energy Equipment & Services|Gasoline Stations|Oil and Coal Product Manufacturing
|Coal & Consumable Fuels
Energy: 2211
|Power|Power Generation|Energy & Utilities|Energy & Power|Electricity|Electric Power Generation
|Energy Services|Independent Power Producers & Energy Traders|Nuclear|Nuclear Energy
|Energy, Utilities & Waste|Energy Technology|Electric Power Transmission, Control, and Distribution
|Independent Power and Renewable Electricity Producers
Renewable Energy: 221114 221115 221116 221117 221111
|Renewables & Environment|Renewables|Renewable Energy Power Generation|Renewable Electricity|Solar
|Solar Energy|Solar Electric Power Generation|Wind Energy|Wind Electric Power Generation
|Clean Energy|Cleantech|Green Energy|Renewable Energy Semiconductor Manufacturing
|Renewable Energy Equipment Manufacturing|Hydropower|Services for Renewable Energy|Greentech
|Climate Tech|Hydroelectric Power Generation
Utilities: 22 221 2212 2213
|Utility|Electric Utilities|Gas Utilities|Water Utilities|Multi-Utilities|Water|Water Supply
|Water & Sewage|Electric, Gas & Sanitary Services|Utilities Administration
|Water Supply and Irrigation Systems|Public Utilities|Natural Gas Distribution|Sewerage
Construction: 23 236 237 238
|Building Construction|Construction & Engineering|Heavy and Civil Engineering Construction
|Homebuilding|Specialty Trade Contractors|Construction of Buildings|General Contractors|Contractors
|Residential Building Construction|Nonresidential Building Construction|Utility System Construction
|Home Builders|Building Structure and Exterior Contractors|Building Finishing Contractors
|Building Equipment Contractors|Residential Construction|Commercial Construction|Subdivision of Land
|Contech|Construction Tech|Roofing|Plumbing
Building Materials: 327 444
|Construction Materials|Building Products|Glass, Ceramics & Concrete
|Glass, Ceramics and Concrete Manufacturing|Nonmetallic Mineral Product Manufacturing|Cement
|Concrete|Glass|Ceramics|Wholesale Building Materials|Retail Building Materials and Garden Equipment
|Building Material and Garden Equipment and Supplies Dealers|Stone, Clay, Glass & Concrete Products
|Abrasives and Nonmetallic Minerals Manufacturing
Architecture & Planning: 54131 54132
|Architecture|Architects|Architectural Services|Landscape Architecture
|Landscape Architectural Services|Urban Planning|Architecture, Engineering & Design
Civil Engineering: 54133
|Structural Engineering
Engineering: 5413
|Engineering Services|Mechanical or Industrial Engineering|Mechanical Engineering
|Industrial Engineering|Architectural, Engineering, and Related Services
|Surveying and Mapping Services|Testing Laboratories|Engineering & Construction
Manufacturing: 31 32 33 3399
|Industrial Manufacturing|General Manufacturing|Industrial Goods|Industrial
|Miscellaneous Manufacturing|Factory|Manufacturing & Industrial|Production|Contract Manufacturing
|Fabricated Metal Product Manufacturing|Manufacturing - Other|Other Manufacturing
|Industrial Conglomerates|Diversified Manufacturing|Industrial Products
Food & Beverages: 311 312 3121 4244 4248
|Food|Beverages|Food and Beverage|Food and Beverage Services|Food and Beverage Manufacturing
|Food Production|Food Manufacturing|Food Products|Packaged Foods & Meats|Packaged Foods
|Beverage Manufacturing|Soft Drinks|Soft Drinks & Non-alcoholic Beverages|Food & Drink
|Food, Beverage & Tobacco|Foodtech|Baked Goods Manufacturing|Dairy Product Manufacturing
|Meat Products Manufacturing|Seafood Product Manufacturing
|Sugar and Confectionery Product Manufacturing|Fruit and Vegetable Preserves Manufacturing
|Wholesale Food and Beverage|Food Distributors|Bakery|Bakeries|Animal Feed Manufacturing
|Food and Kindred Products|Beverage and Tobacco Product Manufacturing|F&B|Catering|Caterers
Wine & Spirits: 31212 31213 31214
|Wine|Wineries|Spirits|Breweries|Brewers|Brewing|Distilleries|Distillers & Vintners|Beer|Alcohol
|Alcoholic Beverages|Beer, Wine & Spirits|Beverage Manufacturing - Alcoholic
Tobacco: 3122
|Tobacco Manufacturing|Tobacco Products
Textiles: 313 314
|Textile|Textile Manufacturing|Textile Mills|Textile Product Mills|Textile Mill Products
Apparel & Fashion: 315 316 4243 458
|Apparel|Fashion|Clothing|Footwear|Apparel Manufacturing|Leather Product Manufacturing
|Footwear Manufacturing|Apparel, Accessories & Luxury Goods|Textiles, Apparel & Luxury Goods
|Retail Apparel and Fashion|Apparel Retail|Leather and Allied Product Manufacturing
|Clothing & Apparel|Fashion & Apparel|Fashion Accessories Manufacturing
|Footwear and Leather Goods Repair|Apparel and Accessory Stores|Shoes
|Wholesale Apparel and Sewing Supplies
Luxury Goods & Jewelry: 33991 45831
|Luxury Goods|Luxury|Jewelry|Jewellery|Watches|Retail Luxury Goods and Jewelry
|Wholesale Luxury Goods and Jewelry
Furniture: 337 449
|Furniture and Home Furnishings Manufacturing|Furniture and Related Product Manufacturing
|Home Furnishings|Household and Institutional Furniture Manufacturing
|Office Furniture and Fixtures Manufacturing|Retail Furniture and Home Furnishings
|Wholesale Furniture and Home Furnishings|Interior Furnishings|Mattress and Blinds Manufacturing
|Furniture and Fixtures|Homeware|Homefurnishing Retail
Paper & Forest Products: 321 322
|Paper|Pulp & Paper|Paper and Forest Product Manufacturing|Paper Manufacturing
|Wood Product Manufacturing|Lumber|Paper Products|Forest Products|Paper and Allied Products
|Lumber and Wood Products|Wood
Packaging & Containers: 32221 32611 33243
|Packaging|Packaging and Containers Manufacturing|Containers & Packaging
|Paper & Plastic Packaging Products & Materials|Metal, Glass & Plastic Containers
Printing: 323
|Printing Services|Printing and Related Support Activities|Commercial Printing|3D Printing
Chemicals: 325 4246
|Chemical|Chemical Manufacturing|Specialty Chemicals|Commodity Chemicals|Diversified Chemicals
|Industrial Gases|Chemical Raw Materials Manufacturing|Agricultural Chemical Manufacturing
|Chemicals and Allied Products|Artificial Rubber and Synthetic Fiber Manufacturing
|Paint, Coating, and Adhesive Manufacturing|Petrochemicals|Wholesale Chemical and Allied Products
|Soap and Cleaning Product Manufacturing
Pharmaceuticals: 3254 4242 45611
|Pharmaceutical|Pharma|Pharmaceutical Manufacturing|Drug Manufacturers
|Pharmaceuticals, Biotechnology & Life Sciences|Pharmaceutical Preparations|Pharmacy|Pharmacies
|Retail Pharmacies|Wholesale Drugs and Sundries|Drug Stores
|Pharmaceutical and Medicine Manufacturing|Health and Personal Care Stores|Drugs|Pharma & Biotech
Biotechnology: 541714
|Biotech|Biotechnology Research|Life Sciences|Life Science|Life Sciences Tools & Services|Genomics
|Bioscience|Biopharma|Biopharmaceuticals
Nanotechnology: 541713
|Nanotechnology Research|Nanotech
Plastics: 326
|Plastics Manufacturing|Rubber|Plastics and Rubber Products Manufacturing
|Plastics and Rubber Product Manufacturing|Rubber Products Manufacturing|Packaging & Plastics
|Rubber and Miscellaneous Plastics Products
Machinery: 333 4238
|Machinery Manufacturing|Industrial Machinery|Industrial Machinery Manufacturing
|Industrial Equipment|Heavy Machinery|Industrial Machinery & Supplies & Components
|Construction Machinery & Heavy Transportation Equipment
|Agriculture, Construction, Mining Machinery Manufacturing|Agricultural & Farm Machinery
|Machine Tools|HVAC and Refrigeration Equipment Manufacturing
|Commercial and Service Industry Machinery Manufacturing|Heavy Equipment
|Engines and Power Transmission Equipment Manufacturing|Metalworking Machinery Manufacturing
|Machinery & Equipment|Wholesale Machinery
|Industrial and Commercial Machinery and Computer Equipment|Construction & Mining Equipment
Industrial Automation: 333998
|Automation|Automation Machinery Manufacturing|Robotics|Robotics Engineering|Robot Manufacturing
Electrical & Electronic Manufacturing: 334 335
|Electronics|Appliances, Electrical, and Electronics Manufacturing|Electrical Equipment
|Electrical Components & Equipment|Electronic Components|Heavy Electrical Equipment
|Electronic Equipment & Instruments|Electronic Manufacturing Services
|Household Appliance Manufacturing|Appliances|Electrical Equipment Manufacturing
|Electrical Equipment, Appliance, and Component Manufacturing
|Computer and Electronic Product Manufacturing|Electric Lighting Equipment Manufacturing
|Electronic Equipment|Measuring and Control Instrument Manufacturing|Electrical Appliances
|Household Appliances|Electrical|Electronic and Other Electrical Equipment
|Computers and Electronics Manufacturing|Instruments
|Wholesale Appliances, Electrical, and Electronics
Consumer Electronics: 3343
|Audio and Video Equipment Manufacturing|Computers & Electronics Retail
|Computer & Electronics Retail|Retail Appliances, Electrical, and Electronic Equipment
Semiconductors: 3344
|Semiconductor|Semiconductor Manufacturing|Semiconductors & Semiconductor Equipment|Microelectronics
|Chips|Semiconductor Materials & Equipment|Semiconductor Equipment
Computer Hardware: 3341 4234
|Hardware|Computer Hardware Manufacturing|Computers and Electronics|Technology Hardware
|Technology Hardware, Storage & Peripherals|Technology Hardware & Equipment|Computer Equipment
|Data Storage|Wholesale Computer Equipment|Technology Distributors|Computer Peripherals
Computer Networking: 3342
|Networking|Computer Networking Products|Communications Equipment
|Communications Equipment Manufacturing|Networks|Telecommunications Equipment|Network Equipment
Automotive: 3361 3362 3363 4231 441 8111
|Automobile|Automobiles|Automobile Manufacturers|Auto|Automakers|Cars|Vehicles
|Motor Vehicle Manufacturing|Automotive Retail|Motor Vehicle Parts Manufacturing
|Automotive Parts & Equipment|Auto Parts|Automobiles & Components|Car Dealers|Retail Motor Vehicles
|Motor Vehicle and Parts Dealers|Wholesale Motor Vehicles and Parts|Vehicle Repair and Maintenance
|Motorcycle Manufacturers|Automotive Dealers|Electric Vehicles|Tires & Rubber|Auto Components
|Automotive Dealers and Gasoline Service Stations
Aerospace & Defense: 3364
|Aerospace|Defense|Defence|Aviation & Aerospace|Defense & Space|Aerospace and Defence|Space
|Aerospace Manufacturing|Aviation and Aerospace Component Manufacturing
|Defense and Space Manufacturing|Aerospace Product and Parts Manufacturing
|Space Research and Technology|Aircraft Manufacturing|Defense Contractors|Space Technology|Drones
Shipbuilding: 3366
|Boat Building|Ship and Boat Building
Railroad Equipment: 3365
|Railroad Manufacture|Railroad Equipment Manufacturing|Railroad Rolling Stock Manufacturing
|Transportation Equipment Manufacturing|Transportation Equipment
Medical Devices: 3391 334510
|Medical Device|Medical Equipment|Medical Equipment Manufacturing
|Medical Equipment and Supplies Manufacturing|Medtech|Health Care Equipment
|Health Care Equipment & Supplies|Health Care Equipment & Services|Health Care Supplies
|Medical Devices & Equipment|Medical Instruments
Consumer Goods: 339999 4239
|Consumer Products|FMCG|CPG|Consumer Packaged Goods|Fast Moving Consumer Goods|Household Goods
|Household Products|Leisure Products|Housewares & Specialties|Household Durables|Consumer Durables
|Consumer Durables & Apparel|Household & Personal Products|Consumer|Toys|Toys & Games|Arts & Crafts
|Pet Products|Pets|Consumer Staples Distribution & Retail
Cosmetics: 32562
|Beauty|Personal Care|Personal Care Products|Personal Care Product Manufacturing|Cosmetics & Beauty
|Beauty & Personal Care|Health & Beauty|Beauty & Cosmetics
Sporting Goods: 33992 45911
|Sporting Goods Manufacturing|Sports Equipment|Outdoor Equipment
Business Supplies & Equipment: 42412
|Office Supplies|Office Supplies and Gifts Retail|Retail Office Equipment|Office Services & Supplies
|Office Equipment|Business Supplies|Commercial Services & Supplies
Wholesale: 42 423 424 425
|Wholesale Trade|Wholesalers|Distribution|Distributors|Wholesale & Distribution
|Trading Companies & Distributors|Merchant Wholesalers, Durable Goods
|Merchant Wholesalers, Nondurable Goods|Wholesale Trade-Durable Goods
|Wholesale Electronic Markets and Agents and Brokers|Wholesale Trade-Nondurable Goods|Trade
|Wholesale Import and Export|Wholesale Hardware, Plumbing, Heating Equipment
|Wholesale Metals and Minerals|Retail & Wholesale
Import & Export: 42511
|International Trade|International Trade & Development|Trading
Retail: 44 45 455 456 459
|Retail Trade|Retailing|Retailers|Retail Stores|General Merchandise Stores
|General Merchandise Retailers|Department Stores|Stores|Broadline Retail|Specialty Retail
|Other Specialty Retail|Multiline Retail|Home Improvement Retail
|Consumer Discretionary Distribution & Retail|Miscellaneous Store Retailers
|Retail Health and Personal Care Products|Retail Florists|Retail Books and Printed News|Shops
|Retail Art Supplies|Retail Art Dealers|Retail Musical Instruments
|Sporting Goods, Hobby, Musical Instrument, Book Retailers|Retail Office Supplies and Gifts
|Retail Gasoline|Retail Recyclable Materials & Used Merchandise|Consumer Retail|Discount Stores
Supermarkets: 445
|Supermarket|Grocery|Grocery Stores|Groceries|Retail Groceries|Food Retail|Food and Beverage Stores
|Food Stores|Food and Beverage Retailers|Food & Staples Retailing
|Consumer Staples Merchandise Retail|Convenience Stores|Hypermarkets|Drug Retail
E-commerce: 4541
|Electronic Commerce|Online Retail|Internet Retail|Internet & Direct Marketing Retail
|Online Shopping|Nonstore Retailers|D2C|Internet Marketplace Platforms|Marketplace
|Online and Mail Order Retail|Electronic Shopping and Mail-Order Houses|DTC|Direct to Consumer
Transportation: 48 484 485 487
|Transport|Transportation/Trucking/Railroad|Trucking|Truck Transportation
|Ground Passenger Transportation|Cargo Ground Transportation|Transportation and Warehousing
|Transit and Ground Passenger Transportation|Urban Transit Services|Taxi and Limousine Services
|Passenger Ground Transportation|Road Transport|Public Transport
|Shuttles and Special Needs Transportation Services|Mobility|Trucking & Warehousing
|School and Employee Bus Services|Sightseeing Transportation|Scenic and Sightseeing Transportation
|Interurban and Rural Bus Services|Local and Suburban Transit
|Motor Freight Transportation and Warehousing|Ground Transportation|Ride Sharing
|Transportation Services
Logistics & Supply Chain: 488
|Logistics|Supply Chain|Transportation, Logistics, Supply Chain and Storage
|Transportation & Logistics|Logistics and Supply Chain Management|Freight|Freight Forwarding
|Freight and Package Transportation|Air Freight & Logistics|Freight & Logistics
|Transport & Logistics|Support Activities for Transportation|Supply Chain Management
|Freight & Logistics Services|Shipping & Logistics|3PL|Transport and Storage
Warehousing: 493
|Warehousing and Storage|Storage|Warehouse
Airlines & Aviation: 481
|Airlines|Airline|Aviation|Passenger Airlines|Air Transportation|Air Transport|Airports
|Airport Services
Maritime: 483
|Maritime Transportation|Water Transportation|Marine|Marine Transportation|Shipping|Ports
|Marine Ports & Services|Sea Transport
Rail Transportation: 482
|Rail|Railroads|Railways|Railroad|Railroad Transportation|Rail Transport|Rail Freight
Package & Freight Delivery: 491 492
|Courier|Couriers|Couriers and Messengers|Postal Services|Postal Service|Delivery|Courier Services
|Mail & Parcel|United States Postal Service
Media: 5162
|Online Media|Media Production|Media & Entertainment|Online Audio and Video Media|Media & Internet
|Media and Telecommunications|Digital Media|Social Media|Book and Periodical Publishing & Media
|Streaming|Media & Communications|News|News Media|Interactive Media & Services|Mass Media
|Audio and Video
|Content
Publishing: 513 5131
|Newspapers|Newspaper Publishing|Newspaper, Periodical, Book, and Directory Publishers
|Book Publishing|Book and Periodical Publishing|Periodical Publishing|Magazines|Books
|Printing & Publishing|Printing, Publishing & Allied Industries
Broadcasting: 516 5161
|Broadcast Media|Broadcast Media Production and Distribution|Radio|Television|TV
|Radio and Television Broadcasting|Cable & Satellite|Broadcasting and Content Providers
|Cable and Satellite Programming
Film & Video: 512 5121
|Motion Pictures & Film|Motion Pictures|Film|Movies|Movies & Entertainment|Movies, Videos, and Sound
|Motion Picture and Sound Recording|Animation|Animation and Post-production|Video|Video Production
|Film & TV
Music: 5122
|Musicians|Sound Recording|Music Production|Record Labels
Gaming: 513211
|Computer Games|Video Games|Games|Mobile Games|Mobile Gaming Apps|Interactive Home Entertainment
|Esports|Mobile Games & Apps|Computer Gaming
Telecommunications: 517
|Telecom|Telecoms|Telco|Wireless|Wireless Services|Wireless Telecommunication Services
|Integrated Telecommunication Services|Communications|Diversified Telecommunication Services
|Telecommunications Carriers|Satellite Telecommunications|Telecommunication Services
|Telecom Tower REITs|Alternative Carriers|Telecommunication|Telephony|ISP|Internet Service Providers
|Mobile Networks|Cable|Telecommunications Resellers
Internet: 519 51929
|Technology, Information and Internet|Internet Publishing|Internet Software & Services
|Internet & Web Services|Web|Internet Services|Internet Companies|Internet News|Internet Platforms
|Web Search Portals and All Other Information Services|Web Services|Dotcom|Online Services
|Internet Technology
Information Technology: 5415 541512 541513 541519 518
|IT|IT Services|Information Technology & Services|IT Services and IT Consulting|Technology|Tech
|High Tech|IT Consulting|IT Consulting & Other Services|Computer Systems Design and Related Services
|IT System Custom Software Development|IT System Data Services|IT System Design Services
|IT System Installation and Disposal|IT System Operations and Maintenance
|IT System Testing and Evaluation|IT System Training and Support
|Information and Communications Technology|ICT|Computer Services|Internet Services & Infrastructure
|Managed Services|MSP|Data Infrastructure and Analytics|Data Processing
|Data Processing & Outsourced Services|Data Processing, Hosting, and Related Services|Web Hosting
|Computing Infrastructure Providers, Data Processing, Web Hosting, and Related Services|Cloud
|Cloud Computing|Cloud Services|Hosting|Data Center|Data Centers|Data Center REITs|Digital|Big Data
|IT Infrastructure|Systems Integration|System Integrator|Deep Tech|Technology & Services
|Computer Programming and Data Processing Services|Information Technologies|IT and Software
|Software & Services|Hi-Tech|Technology Consulting|Digital Transformation|7371|7373|7374|737
Software: 5132 541511
|Computer Software|Software Development|SaaS|Software as a Service|Application Software
|Systems Software|Software Publishers|Software Engineering|Software Company|Prepackaged Software
|Enterprise Software|B2B Software|B2B SaaS|Desktop Computing Software Products
|Mobile Computing Software Products|Software Products|Apps|Embedded Software Products
|Business Intelligence Platforms|Data Security Software Products|Cloud Software|Computer Programming
|Software & SaaS|7372|Custom Software & IT Services|Artificial Intelligence|AI|Machine Learning
|SaaS/Software|Mobile Apps|Custom Computer Programming Services|Operating Systems|App Development
|Software & Technology|Software Publishing|Software & Internet|Martech
|Information Technology - Software|Social Networking Platforms|Blockchain|Web Development|Web3|IoT
|Internet of Things|Blockchain Services|Virtual Reality|Developer Tools|PaaS|Platform as a Service
|Software Solutions
Computer & Network Security: 541514
|Cybersecurity|Information Security|Network Security|IT Security|InfoSec|Security Software
|Data Security
Information Services: 51 5192 51921
|Data Services|Information Collection and Delivery|Libraries|Archives|Libraries and Archives|Library
|Credit Bureaus|Data & Analytics|Analytics|Information
Banking: 521 5221
|Banks|Bank|Diversified Banks|Regional Banks|Commercial Banking|Retail Banking|Credit Unions
|Depository Institutions|Savings Institutions|Consumer Banking|Depository Credit Intermediation
|Monetary Authorities-Central Bank|Thrifts & Mortgage Finance|Private Banking|Savings and Loans
|Banking & Finance
Financial Services: 52 522 5222 5223 5232
|Finance|Financials|Financial|Financial Service|Fintech|Financial Technology|Payments
|Consumer Finance|Credit Intermediation|Loan Brokers|Diversified Financials
|Credit Intermediation and Related Activities|Finance and Insurance
|Transaction & Payment Processing Services|Diversified Financial Services|Crypto
|Financial Exchanges & Data|Nondepository Credit Institutions|Mortgage|Lending|Lending & Brokerage
|Finance & Banking|Cryptocurrency|Credit|Wealthtech|Multi-Sector Holdings
|Banking, Financial Services and Insurance|BFSI|Securities and Commodity Exchanges
|Financial Data & Stock Exchanges|Specialized Finance|Savings & Lending
|Banking and Financial Services
Insurance: 524
|Insurers|Insurance Carriers|Insurance Agencies and Brokerages|Insurance Brokers
|Property & Casualty Insurance|Life & Health Insurance|Insurtech|Multi-line Insurance|Reinsurance
|Insurance Carriers and Related Activities|Insurance Agents, Brokers & Service
|Claims Adjusting, Actuarial Services|Insurance and Employee Benefit Funds|Health Insurance
|Life Insurance|Managed Health Care|Insurance Services
Investment Banking: 52315 5231
|Investment Banking & Brokerage|Brokerage|Securities|Securities Brokerage
|Security and Commodity Brokers
Capital Markets: 523
|Securities, Commodity Contracts, and Other Financial Investments|Investment Advice|Stock Exchange
|Security and Commodity Brokers, Dealers, Exchanges and Services|Trusts and Estates
Investment Management: 5239 525
|Asset Management|Asset Management & Custody Banks|Wealth Management|Investments|Investment|Funds
|Hedge Funds|Funds and Trusts|Pension Funds|Investment Firm
|Funds, Trusts, and Other Financial Vehicles|Investment Funds|Family Office|Mortgage REITs
|Fund Management|Portfolio Management|Pensions
Venture Capital & Private Equity: 523910
|Venture Capital|Private Equity|Venture Capital and Private Equity Principals|VC|PE|Angel Investing
|VC & PE|Investors
Real Estate: 53 531
|Property|Property Management|Real Estate Services|Real Estate Development
|Equity Real Estate Investment Trusts (REITs)|REIT|REITs|Proptech|Real Estate Agencies
|Leasing Residential Real Estate|Real Estate Agents and Brokers|Real Estate Management & Development
|Residential Real Estate|Housing|Realty|Office REITs|Real Estate and Rental and Leasing
|Multi-Family Residential REITs|Single-Family Residential REITs|Health Care REITs|Self-Storage REITs
|Hotel & Resort REITs|Other Specialized REITs|Specialized REITs|Diversified REITs|Land Development
|Property Development|Residential|Estate Agents|Real Estate & Construction
Commercial Real Estate: 53112
|Leasing Non-residential Real Estate|Leasing Non-residential Real Estate Services|Retail REITs
|Industrial REITs|Coworking|Shopping Centers
Rental & Leasing: 532 533
|Equipment Rental Services|Rental|Leasing|Rental and Leasing Services|Car Rental|Vehicle Rental
|Commercial and Industrial Equipment Rental|Consumer Goods Rental
|Lessors of Nonfinancial Intangible Assets|Equipment Rental
Professional Services: 54 541
|Professional, Scientific, and Technical Services|Consulting Services
|Professional & Business Services|Research & Consulting Services|Other Professional Services
Legal Services: 5411
|Legal|Law|Law Practice|Law Firms|Law Firm|Lawyers|Attorneys|Alternative Dispute Resolution|Notaries
|Legaltech|Offices of Lawyers|Legal Tech & Services|Law Firms & Legal Services
Accounting: 5412
|Accountancy|Accountants|Accounting Services|Audit|Auditing|Tax|Bookkeeping|CPA|Tax Services
|Accounting & Tax|Accounting, Tax Preparation, Bookkeeping, and Payroll Services
Design: 5414
|Design Services|Graphic Design|Interior Design|Industrial Design|Specialized Design Services
|Product Design|UX Design|Web Design|Creative|Creative Agency|Design Studio
Management Consulting: 54161
|Consulting|Consultancy|Business Consulting|Business Consulting and Services
|Strategic Management Services|Operations Consulting|Strategy Consulting|Consultants
|Management, Scientific, and Technical Consulting Services|Business Management|Advisory
|Advisory Services|Marketing Consulting|Management Consulting Services
|Engineering, Accounting, Research & Management Services|Executive Office|Executive Offices
Environmental Services: 562 54162
|Environment|Environmental|Waste Management|Waste|Recycling|Waste Collection
|Waste Treatment and Disposal|Environmental & Facilities Services|Sustainability
|Waste Management and Remediation Services|Environmental Quality Programs|Environmental Engineering
|Air, Water, and Waste Program Management|Waste Services|Conservation Programs
|Waste Management & Recycling|Remediation
Research: 5417
|Research Services|Research & Development|R&D|Scientific Research and Development Services|Science
|Scientific Research|Laboratories|Think Tanks|Science & Engineering
|Research and Development Services|Research Institute|Research - Other
Marketing & Advertising: 5418
|Marketing|Advertising|Advertising Services|Marketing Services|Digital Marketing
|Advertising, Public Relations, and Related Services|Marketing Agency|Online Marketing
|Advertising Agency|Advertising Agencies|Ad Tech|Advertising & Marketing|Agency|Digital Agency
|Outdoor Advertising|Direct Marketing|Digital Advertising|SEO|Media Buying|Marketing and Sales
|Marketing, Advertising & PR|Sales & Marketing|Branding
Public Relations: 54182
|Public Relations & Communications|Public Relations and Communications Services|PR
|Government Relations|Government Relations Services|Corporate Communications|PR & Communications
Market Research: 54191
|Marketing Research|Opinion Polling|Public Opinion Polling|Consumer Insights
Photography: 54192
|Photography Services|Photographic Services
Translation & Localization: 54193
|Translation|Translation Services|Localization|Interpreting|Language Services
Veterinary: 54194
|Veterinary Services|Veterinarians|Animal Health|Pet Services|Veterinary Medicine
Writing & Editing: 711510
|Writing|Editing|Copywriting|Content Writing|Artists and Writers|Journalism
Holding Companies: 55
|Holding Company|Holding|Holding & Other Investment Offices|Management of Companies and Enterprises
|Conglomerate|Conglomerates|Diversified
Business Services: 56 561
|Outsourcing|Outsourcing/Offshoring|Outsourcing and Offshoring Consulting
|Administrative and Support Services|Office Administration|Support Services|BPO|Offshoring
|Telephone Call Centers|Call Centers|Call Center|Collection Agencies|Business Process Outsourcing
|Diversified Support Services|Commercial & Professional Services|Services
|Administrative and Support and Waste Management and Remediation Services|Customer Service|B2B
|B2B Services|Commercial Services|Call Centers & Business Centers|Other Business Services
Staffing & Recruiting: 5613
|Staffing|Recruiting|Recruitment|Staffing and Recruitment|Employment Services|Employment Agencies
|Executive Search Services|Temporary Help Services|Headhunting|HR & Staffing
|Human Resource & Employment Services|Employment Placement Agencies|Talent Acquisition
|Personnel Services|Executive Search|Temporary Staffing|Staffing Agency
Human Resources: 541612
|HR|Human Resources Services|Human Resource|HR Services|HR Consulting|Payroll Services|HR Tech|PEO
|Payroll
Facilities Services: 5612 5617
|Facilities|Facility Management|Facilities Management|Janitorial Services|Cleaning|Cleaning Services
|Landscaping|Landscaping Services|Services to Buildings and Dwellings
|Facilities Management & Commercial Cleaning|Pest Control|Building Services|Facility Services
Security Services: 5616
|Security & Investigations|Security|Security Guards and Patrol Services|Security Systems Services
|Private Security|Security & Alarm Services|Investigation and Security Services|Alarm Services
|Physical Security|Fire and Security
Travel & Tourism: 5615
|Travel|Tourism|Leisure, Travel & Tourism|Travel Arrangements|Travel Services|Travel Agencies
|Travel & Leisure|Travel Agency|Leisure|Travel Arrangement and Reservation Services
|Hotels, Resorts & Cruise Lines|Tour Operators|Travel Tech|Cruise Lines|Leisure Services|Cruises
|Travel & Hospitality
Events Services: 56192
|Events|Event Services|Event Management|Event Planning|Exhibitions|Trade Shows|Conferences
|Convention and Trade Show Organizers|Conventions & Trade Shows|Weddings
Education: 61 611
|Education Management|Education Services|Educational Services|Education Administration Programs
|Educational Institutions|Edtech|Education Technology|School|Other Education|Schools
|Training & Education|Academia|Education & Training
Primary & Secondary Education: 6111
|K-12|K-12 Education|Elementary and Secondary Schools|Secondary Education|Primary Education
|Preschool|K-12 Schools|High School
Higher Education: 6112 6113
|University|Universities|Colleges|College|Colleges, Universities, and Professional Schools
|Colleges & Universities|Tertiary Education|Academic Institutions|Junior Colleges
Professional Training: 6114 6115 6116
|Professional Training & Coaching|Training|Coaching|Technical and Vocational Training
|Vocational Training|Training & Coaching|Corporate Training
|Business Schools and Computer and Management Training|Language Schools
|Sports and Recreation Instruction|Cosmetology and Barber Schools|Secretarial Schools
|Fine Arts Schools|Flight Training|Professional Development|Vocational Education
E-learning: 611710
|E-Learning Providers|Online Education|Online Learning|Educational Technology|Digital Learning
|Educational Support Services
Healthcare: 62 621 622 623
|Hospital & Health Care|Hospitals and Health Care|Hospitals|Hospital|Health|Health Services
|Health Care Services|Medical|Digital Health|Health Care Facilities|Health Care Technology
|Health Care Providers & Services|Health Care Distributors|Healthtech|Home Health Care Services
|Nursing and Residential Care Facilities|Nursing Homes and Residential Care Facilities
|Ambulatory Health Care Services|Health Care and Social Assistance|Nursing|Telehealth
|Outpatient Care Centers|Medical and Diagnostic Laboratories|Ambulance Services|Elderly Care
|Home Health Care|Healthcare & Life Sciences|Healthcare and Medical|Health IT
|Healthcare Information Technology|Senior Living|Community Services|Medical Services
|Hospitals & Clinics|Health Care Management
Medical Practice: 6211 6212 6213
|Medical Practices|Physicians|Doctors|Offices of Physicians|Dentists|Dental|Dentistry|Optometrists
|Chiropractors|Physical, Occupational and Speech Therapists|Clinics|Clinic|Offices of Dentists
|Medical Clinic|Family Planning Centers|Medical & Dental Practices|Physical Therapy
Mental Health Care: 62142 62133
|Mental Health|Psychology|Behavioral Health|Psychologists|Psychiatry
Alternative Medicine: 62139
|Wellness|Holistic Health|Acupuncture|Naturopathy|Homeopathy
Health, Wellness & Fitness: 71394
|Wellness and Fitness Services|Fitness|Gyms|Gym|Health & Wellness|Fitness & Wellness
|Health and Fitness|Fitness & Dance Facilities|Wellness & Fitness|Sports & Fitness
|Fitness and Recreational Sports Centers|Spas
Social Services: 624
|Individual & Family Services|Social Assistance|Childcare|Child Day Care Services
|Services for the Elderly and Disabled|Vocational Rehabilitation Services
|Emergency and Relief Services|Community Development|Social Work|Social Care
|Charitable Organizations & Foundations - Social
Arts & Entertainment: 71 711
|Entertainment|Entertainment Providers|Fine Art|Art|Arts|Performing Arts|Theater Companies
|Dance Companies|Circuses and Magic Shows|Artists|Theatre|Live Entertainment
|Arts, Entertainment, and Recreation|Performing Arts and Spectator Sports
|Performing Arts, Spectator Sports, and Related Industries|Culture|Arts & Culture
Museums & Institutions: 712
|Museums|Museum|Museums, Historical Sites, and Zoos
|Museums, Historical Sites, and Similar Institutions|Historical Sites|Zoos and Botanical Gardens
|Art Galleries|Cultural Institutions
Sports: 7112
|Spectator Sports|Sports Teams and Clubs|Sports Teams & Leagues|Racetracks|Sport|Professional Sports
|Sports & Recreation|Sports Clubs
Gambling & Casinos: 7132 72112
|Gambling|Casinos|Casinos & Gaming|Gambling Facilities and Casinos|Casino|Betting|Lottery|iGaming
|Gambling & Gaming|Sports Betting|Lotteries
Recreation: 713
|Recreational Facilities & Services|Recreational Facilities|Amusement Parks and Arcades
|Leisure Facilities|Amusement, Gambling, and Recreation Industries|Golf Courses and Country Clubs
|Amusement & Recreation Services|Skiing Facilities|Theme Parks|Recreation & Leisure
|Amusement Parks, Arcades & Attractions
Hospitality: 72 721
|Hotels|Hotel|Hotels & Motels|Hotels, Restaurants & Leisure|Accommodation
|Accommodation and Food Services|Lodging|Lodging & Resorts|Bed-and-Breakfasts, Hostels, Homestays
|Resorts|Hotels & Resorts|Hotels, Rooming Houses, Camps & Other Lodging Places
|Consumer Services - Hospitality|Hospitality & Tourism|Tourism and Hospitality|Hotels & Lodging
Restaurants: 722
|Restaurant|Food Services|Food Service|Food Services and Drinking Places
|Bars, Taverns, and Nightclubs|Mobile Food Services|Eating & Drinking Places|Fast Food|Cafes|Bars
|Coffee Shops
Consumer Services: 81 812 814
|Other Services|Personal Services|Personal and Laundry Services|Laundry and Drycleaning Services
|Personal Care Services|Household Services|Specialized Consumer Services|Funeral Services
|Diversified Consumer Services|Other Services (except Public Administration)|Private Households
|Funeral Homes & Funeral Related Services|B2C|Beauty Salons|Home Services|Childcare Services
Repair & Maintenance: 811
|Maintenance|Repair|Repair Services|Commercial and Industrial Machinery Maintenance
|Electronic and Precision Equipment Maintenance|Reupholstery and Furniture Repair
Nonprofit: 813 8133
|Nonprofit Organizations|Nonprofit Organization Management|NGO|Not for Profit|Charity|Charities
|Associations|Civic & Social Organization|Civic and Social Organizations|Professional Organizations
|Fund-Raising|Membership Organizations|Social Impact|Non-Governmental Organizations
|Religious, Grantmaking, Civic, Professional, and Similar Organizations
|Membership Organizations & Associations|Professional Associations|Trade Associations
|Social Enterprise|Unions|Trade Unions|Program Development
Philanthropy: 8132
|Philanthropic Fundraising Services|Foundations|Grantmaking|Charitable Organizations & Foundations
|Foundation
Religious Institutions: 8131
|Religion|Religious Organizations|Church|Churches|Religious|Faith-based Organizations|Ministry
Political Organizations: 81394
|Political Organization|Politics|Political Parties|Public Policy|Public Policy Offices|Advocacy
|Lobbying
Government: 92 921 923 924 925 926
|Government Administration|Public Administration|Public Sector|Federal Government|Local Government
|State Government|Government & Public Administration|Legislative Office|Legislative Offices
|Health and Human Services|Public Assistance Programs|Economic Programs
|Executive, Legislative & General Government|Federal|State|Municipality|Government Agency
|Government & Public Sector|Municipal|Transportation Programs|Housing Programs|Public Health
|Community Development and Urban Planning|Housing and Community Development|Civil Service
|Government - Federal|Cities, Towns & Municipalities
|Executive, Legislative, and Other General Government Support
Military & International Affairs: 928
|Military|Armed Forces|International Affairs|National Security and International Affairs|Diplomacy
|Army|Military and Protective Services
Public Safety: 922
|Law Enforcement|Judiciary|Administration of Justice|Courts of Law|Correctional Institutions
|Fire Protection|Police|Emergency Services|Justice, Public Order, and Safety Activities|Courts
|Justice, Public Order, & Safety
Communication Services:
|Communications Services|Media & Telecom
Consumer Discretionary:
|Consumer Cyclical|Cyclical Consumer Goods & Services
Consumer Staples:
|Consumer Defensive|Consumer Non-Cyclicals|Non-Cyclical Consumer Goods & Services
Industrials:
|Capital Goods|Industrials & Manufacturing|Industrial Services
Materials:
|Basic Materials|Raw Materials|Materials & Mining
"""

_RANGES = {"31-33": "31", "44-45": "44", "48-49": "48"}  # sectors that NAICS gives several numbers
_CODE = re.compile(r"(?:naics[ :_-]*)?([0-9]{2,6})")
_SURPLUS = {"and", "industry", "industries", "sector"}


class Industry(NamedTuple):
    """An industry of the list, its codes of NAICS 2022 (its own first), and its other names."""

    name: str
    naics: tuple[str, ...]
    aliases: tuple[str, ...]


@cache
def industries() -> tuple[Industry, ...]:
    """Return the list of industries."""
    found = []
    for row in _TABLE.replace("\n|", "|").strip().splitlines():
        head, *aliases = row.split("|")
        name, _, codes = head.partition(":")
        found.append(Industry(name, tuple(codes.split()), tuple(aliases)))
    return tuple(found)


@cache
def _by_name() -> dict[str, str]:
    rows = bare(_TABLE).replace("\n|", "|").strip().splitlines()  # folded all at once: it is faster
    found: dict[str, str] = {}
    for industry, row in zip(industries(), rows, strict=True):
        name, *aliases = row.split("|")
        found |= dict.fromkeys(map(_joined, (name.partition(":")[0], *aliases)), industry.name)
    return found


@cache
def _by_code() -> dict[str, str]:
    return {code: row.name for row in industries() for code in row.naics}


def _joined(plain: str) -> str:
    """Return a text that is bare already, without what does not matter."""
    words = words_of(plain)
    return "".join(word for word in words if word not in _SURPLUS) or "".join(words)


def industry_name(text: str) -> str | None:
    """Return the industry of the list that a text names, None when it names none.

    It is a name in use, whatever its case, blanks and punctuation (``COMPUTER_SOFTWARE``), or a
    code of NAICS. Nothing is guessed: what is not known is none.
    """
    return _named(text) if len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=_REMEMBERED)
def _named(text: str) -> str | None:
    found = _by_name().get(_joined(bare(text)))
    if found is not None:
        return found
    plain = text.strip().casefold()
    code = _CODE.fullmatch(_RANGES.get(plain, plain))
    starts = (code[1][:length] for length in range(len(code[1]), 1, -1)) if code else ()
    return next((name for start in starts if (name := _by_code().get(start))), None)
