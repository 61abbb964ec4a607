"""What can go on for ever: livelock, starvation, and lines that are never reached."""
