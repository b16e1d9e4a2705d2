"""What each migration phase runs, what it must show, and how a session walks over the phases.

``phase`` has the vocabulary (phase, limit, specification), ``registry`` says
which phases are built, ``state`` how a session may go from one to the next and
``session`` who it is.  To run a phase, ``activity`` limits it, ``runner`` runs
it, its workload records in a ``context``, ``validator`` makes a verdict of
that, and ``result`` is what comes out.  Each built phase is a module of its
own name.
"""
