"""The preview: an issue on a page of this machine's browser, composed anew whenever its author saves."""
