// Shows the page, and what its address names.

showTools();
filter();
showStart();
follow();
