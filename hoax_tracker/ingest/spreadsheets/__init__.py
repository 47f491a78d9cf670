"""CSV and XLSX exports of social-media tools."""
