"""What may help an exploration that takes long: checkpoints, and workers on other cores or machines."""
