"""The project's measurements (`./run bench`); each suite is a module that registers itself."""
