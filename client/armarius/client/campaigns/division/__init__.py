"""How many pages which site is given next: as many as let all sites end together."""
