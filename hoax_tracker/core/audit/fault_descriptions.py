"""English descriptions of chain faults for commands and logs. Pages have their own."""

from __future__ import annotations

from hoax_tracker.core.audit.chain_check import ChainFault, ChainVerification

DESCRIPTIONS = {
    ChainFault.CHANGED: "its contents are not those that its hash was made of",
    ChainFault.MISSING_BEFORE: "what stood before it, after row {other}, is missing",
    ChainFault.DOUBLED: "it stands twice: row {other} is the same",
    ChainFault.MOVED: "it does not stand where it was written: it was moved, or another was put before it",
    ChainFault.UNSEALED: "it carries no seal, though the key had begun by then",
    ChainFault.FORGED: "its seal was not made with the key of this instance: somebody without the key wrote it",
    ChainFault.OTHER_KEY: "it is sealed with another key: bring the audit_key of the instance, or somebody forged it",
    ChainFault.NOT_BEGUN: "the key seals it without having begun: what stood before was written anew without seals",
    ChainFault.NEVER_SEALED: "no row up to this last one is sealed with the key of this instance: written anew",
    ChainFault.EMPTIED: "the log is empty, though init wrote into it",
    ChainFault.CUT_OFF: "it is not there: the log was cut off after row {other}",
    ChainFault.OTHER_HEAD: "it, or a row before it, is not the one that was noted: its hash is another",
}


def describe_chain_fault(verification: ChainVerification) -> str:
    """Return the fault of the row where the chain breaks, "" for a valid chain."""
    return DESCRIPTIONS[verification.fault].format(other=verification.other_row) if verification.fault else ""
