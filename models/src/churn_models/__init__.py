"""The leaf that training, runtimes and operator share: the contracts they agree on."""
