"""Shared parts of all views: headers, forms, uploads, pagination, template filters, error pages."""
