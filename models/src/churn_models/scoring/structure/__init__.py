"""Whether a member's file says what a model of its kind can say, before a library of compiled code believes it.

The libraries read their files without looking: a feature that is none, a child outside its tree or a length that is
too large ends the process by a signal, and a child that leads to its parent never ends. A digest does not help against
somebody who can write the whole bundle. `member.load_member` asks here first.
"""
