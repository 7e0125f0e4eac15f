"""How models come to be: recipes, logs and cards. Never imported by the package."""
