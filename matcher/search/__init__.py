"""Retrieval: vectors, index folders and the candidates they give."""
