"""What every view shares: headers, forms, uploads, pages of a list, filters of templates, error pages."""
