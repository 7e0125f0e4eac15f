"""What "good" means: gold, protocol, reports. Never imported by the package."""
