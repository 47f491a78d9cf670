"""The pair reader: a small transformer that reads message and claim together: does one tell the other?"""
