"""Sign-on with the office's accounts (OpenID Connect): existing officers only; roles stay ours."""
