"""One run of the suite: its options, what rows share, and that everything is stopped at its end."""
import contextlib
import os
import shutil

from .measure import Failed
from .programs import World, new_folder, progress
from .services import Broker, Redis

ROWS = {}


def row(name, what, in_quick=False):
    """Marks the function that measures the rows of this name; it yields measurements. `in_quick`: a part of --quick by itself."""
    def register(function):
        ROWS[name] = (function, what, in_quick)
        return function
    return register


class Bench:
    """What a row is given."""

    def __init__(self, quick):
        self.quick = quick
        self.folder = new_folder()
        self.row_services = contextlib.ExitStack()
        self.shared_services = contextlib.ExitStack()
        self._world = None
        self.trade = None
        # Counts above their threshold, and what is shown below the table.
        self.problems, self.notes = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for stack in (self.row_services, self.shared_services):
            with contextlib.suppress(Failed):
                stack.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def size(self, full, quick):
        """A size of work: that of a whole run, or the least that still means something."""
        return quick if self.quick else full

    def new_folder(self, name):
        """A folder below the run's."""
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def world(self):
        """The broker that rows share, in turn."""
        if self._world is None:
            progress("starting Apache Kafka")
            broker = Broker(os.path.join(self.folder, "broker"))
            self.shared_services.callback(broker.stop)
            self._world = World(broker, self.folder)
        return self._world

    def redis(self, name="redis"):
        """A redis-server until the end of the row."""
        return self.keep(Redis(os.path.join(self.folder, name)))

    def keep(self, service):
        """Stops it at the end of the row."""
        self.row_services.callback(service.stop)
        return service

    def end_row(self):
        """Stops what the row has started."""
        self.row_services.close()
        self.row_services = contextlib.ExitStack()
