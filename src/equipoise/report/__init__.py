"""Reports and figures of an audit: one HTML page, and drawings for a paper; `Audit.report` and `Audit.plot` call it."""
