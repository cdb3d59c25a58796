raise ValueError("one\x1b]0;PWN\x07\x1b[31m\u202etwo\rthree")
