"""The embedded bilingual encoder: from public and our own text to the shipped int8 table, in one command.

python -m models.recipes.embedded --data DATA
"""
