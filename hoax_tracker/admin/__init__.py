"""Pages for administrators, and the audit log page for auditors."""
