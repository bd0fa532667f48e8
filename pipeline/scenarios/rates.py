"""How often the field does what it does, as shares of the mothers, each with where it comes from.

No source gives rates of duplicates or errors for birth cash (cambodia: rates "not found"), so each is either taken over
from the nearest published figure or is an assumption and says so. None of them moves the expected total.
"""

from __future__ import annotations

from typing import NamedTuple


class Rate(NamedTuple):
    """A share of the mothers, and its derivation."""

    share: float
    derivation: str

    def of(self, mothers: int, least: int = 2) -> int:
        """How many of `mothers`; never fewer than `least`, so that a small run shows every kind."""
        return max(least, round(mothers * self.share))


ASSUMED_RARE = "assumption: one in two hundred; no figure is published"
ASSUMED_ODD = "assumption: one in a thousand; no figure is published"

EVIDENCE_AFTER_REQUEST = Rate(
    0.186, "130,000 of 700,000 households had not registered after three months (2024): papers follow the claim"
)
LATE_EVIDENCE = Rate(0.053, "30,000 missed the first window beside 530,858 paid (July 2020): 30,000 / 560,858")
EVIDENCE_AFTER_CLOSE = Rate(0.005, ASSUMED_RARE)
LATE_ENROLMENT = Rate(0.010, "assumption: one in a hundred members is entered after she claims")
SECOND_OPERATOR = Rate(
    0.006, "13,600 of 2,229,522 NSSF health members came through the Health Equity Fund (June 2024) and hold both"
)
SAME_OPERATOR_TWICE = Rate(0.005, ASSUMED_RARE)
TWO_IDENTITIES = Rate(0.005, "several cards for one person are named as a fault without a figure; " + ASSUMED_RARE)
EQUITY_CARD = Rate(0.050, "assumption: one NSSF mother in twenty also holds an equity card and asks NSAF")
BABIES_CORRECTED = Rate(0.004, "assumption: most multiple births (0.75 %) are first reported rightly, some singles not")
DATE_CORRECTED = Rate(0.005, ASSUMED_RARE)
REFERRED = Rate(0.020, "assumption: one birth in fifty is recorded by two facilities")
ENROLMENT_CORRECTED = Rate(0.005, ASSUMED_RARE)
AMOUNT_TYPO_CORRECTED = Rate(0.003, "assumption: tariffs are typed by hand for few claims")
ASKED_AGAIN_AFTER_WITHDRAWAL = Rate(0.003, "account numbers change between programmes (flood cash, April 2023)")
REQUEST_ID_REUSED = Rate(0.001, ASSUMED_ODD)
EXPIRED_THEN_PAID = Rate(0.002, "complaints on flood cash were accepted for weeks after the last payment")
MOTHER_DIED = Rate(0.0015, "assumption: about 150 maternal deaths in 100,000 births")
NO_AMOUNT_TOLD = Rate(0.050, "assumption: some branches leave the figure to the system")

NO_EVIDENCE = Rate(0.010, "assumption: one claim in a hundred is never verified by a facility")
WRONG_PERSON = Rate(0.001, "one diverted payment was published without a rate; " + ASSUMED_ODD)
NEVER_ENROLLED = Rate(
    0.010, "14,000 of 700,000 equity cards were false (2020): two in a hundred, halved by a card check"
)
ENROLMENT_ENDED = Rate(0.005, "elderly people came with expired cards; " + ASSUMED_RARE)
TOO_EARLY_BIRTH = Rate(0.002, "assumption: deliveries before the 26th week that are claimed all the same")
NOT_MET = Rate(0.001, ASSUMED_ODD)
STILLBORN = Rate(0.001, "assumption: far below the national rate, since few are claimed")
BEFORE_THE_PROGRAMME = Rate(0.002, "assumption: births of December claimed in January")
AMOUNT_TYPO = Rate(0.001, ASSUMED_ODD)
WITHDRAWN = Rate(0.002, "assumption: claims entered by mistake")
TOO_LATE = Rate(0.003, "assumption: claims entered after their cycle was closed")
DEAD_CLAIMANT = Rate(0.0005, "officials' relatives were registered in others' names (December 2020); " + ASSUMED_ODD)

SP_ID_KNOWN = Rate(0.7, "assumption: the registry of persons is younger than the cards; no figure is published")
LATE_CARD = Rate(0.053, "30,000 missed the first window beside 530,858 paid (July 2020): 30,000 / 560,858")
MEMBERS_CORRECTED = Rate(0.010, "assumption: one card in a hundred is written anew for its members")
REPLACED = Rate(0.005, "assumption: one household in two hundred has an older card as well")
SPLIT = Rate(0.002, ASSUMED_ODD)
MEMBER_MOVED = Rate(0.005, ASSUMED_RARE)
MEMBER_DIED = Rate(0.005, ASSUMED_RARE)
ARREARS = Rate(0.005, "complaints on flood cash were accepted for weeks after the last payment")
NO_CARD = Rate(0.010, "assumption: one claim in a hundred names a card that nobody knows")
CARD_REVOKED = Rate(0.020, "14,000 of 700,000 equity cards were revoked for fraud by December 2020")
CARD_EXPIRED = Rate(0.005, "elderly people came with expired cards; " + ASSUMED_RARE)
OTHER_LEVEL = Rate(0.005, ASSUMED_RARE)
BEFORE_THE_MONTHS = Rate(0.002, ASSUMED_ODD)

REPLAYED = Rate(0.020, "assumption: an operator sends one file in fifty again after a broken line")
CONFLICTING = Rate(0.001, ASSUMED_ODD)
DAMAGED = Rate(0.0001, "assumption: four in the full scenario of each of some thirty kinds of bad record")
