"""`bluegreen adopt`: from what runs today to a stack file whose first update imports it and changes nothing.

It reads AWS (`reading`, `trace`), says what fits (`fit`, `view`) and writes the file (`writing`).
"""
