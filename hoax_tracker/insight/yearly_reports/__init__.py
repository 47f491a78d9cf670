"""The PPID's report on a year of information services: its register's numbers, and what this service counted itself.

Law 14/2008 on public information asks for it: article 12 for the number of requests, the time they took, how many were
granted and refused and why; article 22 for an answer within 10 working days, extended once by 7; articles 35 and 36
for objections, answered within 30. The requests stand in the PPID's own register, so officers enter their numbers.
The report is a document of the city in Indonesian, as the monthly ones.
"""
