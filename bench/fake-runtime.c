/*
 * fake-runtime: a runtime that does nothing. Static, so that its own start is short and steady:
 * what is measured is what stands in front of it.
 */
int main(void)
{
    return 0;
}
