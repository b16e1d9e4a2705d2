"""Notebooks as experiments: parameters in, executed notebooks and verdicts out.

The way of one run through this package, file by file::

    layers, kinds, notebook  ->  plan          what to run, all of it checked beforehand
    rundir, manifest                           where it goes and what is known about it
    runner -> pool -> worker, kernel           papermill in processes of their own
    failure                                    what a notebook that ended badly ended with
    glue, provenance, experiment               the kernel's side of the scraps
    gateway -> gate                            the scraps read back, and the decision

Nothing is imported here, so that a notebook pays only for ``experiment``.
"""
