"""What LeadTable's stream tells announce of: the things whose changes make facts."""

from leadsignal.models.companies import Company
from leadsignal.models.credits import Account
from leadsignal.models.deals import Deal
from leadsignal.models.leads import Slot

type Stored = Slot | Account | Company | Deal
