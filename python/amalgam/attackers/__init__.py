"""Attackers of `amalgam audit --full`: what needs gradients, training or a classifier.

The core runs `python -m amalgam.attackers`, which plays the surrogate games that the core deals, measures every stream of
each and of the job, and writes the numbers down; the core scores them. Nothing here is told which stream of a scored game
or of the job is wanted. Needs captum and scikit-learn: pip install 'amalgam[audit]'.
"""
