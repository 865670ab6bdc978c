"""The one feature path: pure functions from a window to an array, used by training and by the runtime alike."""
