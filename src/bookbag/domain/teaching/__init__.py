"""How courses are taught: dates, settings of assignments, more time, and mentors."""
