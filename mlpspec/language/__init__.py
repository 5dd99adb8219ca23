"""From the text of a spec to its typed form, and back."""
