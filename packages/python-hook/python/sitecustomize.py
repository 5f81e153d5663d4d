"""Python runs this at its start where the folder is on PYTHONPATH. It installs Faultwire's hook, and then runs the
sitecustomize that Python would have found without us.

This file is read by every Python, old ones too: its syntax has to be that of Python 2 as well.
"""
import os
import sys


def _leave_path(folder):
    """Takes our folder out of sys.path: the program sees its own path. Children have the folder from PYTHONPATH."""
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != folder]


def _install(folder):
    """Installs the hook. An error of ours is one line, and the program goes on."""
    try:
        if sys.version_info >= (3, 9):
            import faultwire_hook

            faultwire_hook.install(os.environ)
        elif os.environ.get("FAULTWIRE_PROXY"):
            sys.stderr.write("faultwire: the hook for Python needs Python 3.9; requests may go round the proxy\n")
    except Exception as error:
        sys.stderr.write("faultwire: the hook for Python does not work here, so requests may go round the proxy: %s\n" % error)
    finally:
        _leave_path(folder)


def _chain():
    """Runs the sitecustomize that stands behind ours. Its errors are its own, and Python tells them as ever."""
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        name = getattr(error, "name", None) or str(error).split()[-1]
        if name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", ours)


_install(os.path.dirname(os.path.abspath(__file__)))
_chain()
