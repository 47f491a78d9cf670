"""Sign-on with office accounts (OpenID Connect), for existing officers only. Roles are assigned here."""
