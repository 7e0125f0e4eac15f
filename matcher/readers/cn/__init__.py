"""国家职业标准: the Mainland's national occupational standards, as PDF, DOCX or HTML."""
