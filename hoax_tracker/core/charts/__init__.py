"""Charts as inline SVG. Their geometry is in per cent, so that text keeps its size (templates/_charts.html)."""
