"""Courses: what students are enrolled in, and the work they do there."""
