# Error against batch size
# Drawn from runs.csv. Edit, and draw again with: gnuplot error-against-batch.gp

set encoding utf8

# BN
$series1 << END
# batch  error  low  high  seeds  diverged  population
32  13.8  13.5516  14.0484  3  0  13.7
16  13.8  13.5516  14.0484  3  0  13.7
8  14.1  13.8516  14.3484  3  0  13.7
4  15.4  15.1516  15.6484  3  0  13.7
2  19.85  19.2147  20.4853  2  1  13.65
END

# GN (G=8)
$series2 << END
# batch  error  low  high  seeds  diverged  population
32  13.7  13.2032  14.1968  3  0  NaN
16  13.9  13.4032  14.3968  3  0  NaN
8  13.8  13.3032  14.2968  3  0  NaN
4  13.6  13.1032  14.0968  3  0  NaN
2  13.8  13.3032  14.2968  3  0  NaN
END

# BN: Wu & He 2018, table 2 (ImageNet, ResNet-50)
$reference1_1 << END
# batch  rise  error
32  0  23.6
16  0.1  23.7
8  1.2  24.8
4  3.7  27.3
2  11.1  34.7
END

# GN (G=8): Wu & He 2018, table 2 (ImageNet, ResNet-50)
$reference1_2 << END
# batch  rise  error
32  0  24.1
16  0.1  24.2
8  -0.1  24
4  0.1  24.2
2  0  24.1
END

do for [format in 'svg png pdf'] {
if (format eq 'svg') { set terminal svg size 750,396 noenhanced font 'Arial,9' fontscale 1.5 linewidth 0.75 background '#ffffff'; dot = 0.8 }
if (format eq 'png') { set terminal pngcairo size 2000,1056 noenhanced font 'Arial,9' fontscale 3 linewidth 2 pointscale 4; dot = 0.55 }
if (format eq 'pdf') { set terminal pdfcairo size 6.9444,3.6667 noenhanced font 'Arial,9' fontscale 0.75 linewidth 1 pointscale 1; dot = 0.55 }
set output 'error-against-batch.'.format
set multiplot
set style line 1 lc rgb '#0072B2' lw 1.5 pt 7 ps dot
set style line 2 lc rgb '#D55E00' lw 1.5 pt 5 ps dot
set border 3 lc rgb '#444444'; set tics nomirror scale 0.5 font ',8'; set format '%g'; unset key
set grid lt 1 lw 0.5 lc rgb '#dddddd'; set style fill transparent solid 0.15 noborder

unset label; unset arrow
set label 'Error against batch size' at screen 0.532, screen 0.9545 center font ',10'
set arrow from screen 0.264, screen 0.9053 to screen 0.304, screen 0.9053 nohead ls 1
set label '' at screen 0.284, screen 0.9053 point ls 1
set label 'BN' at screen 0.312, screen 0.9053 left font ',8'
set arrow from screen 0.3592, screen 0.9053 to screen 0.3992, screen 0.9053 nohead ls 1 lw 1.2 dt (12,7)
set label 'BN, population statistics' at screen 0.4072, screen 0.9053 left font ',8'
set arrow from screen 0.6752, screen 0.9053 to screen 0.7152, screen 0.9053 nohead ls 2
set label '' at screen 0.6952, screen 0.9053 point ls 2
set label 'GN (G=8)' at screen 0.7232, screen 0.9053 left font ',8'
set label 'Mean over 2 to 3 seeds; bars: 95% interval (Student''s t).' at screen 0.01, screen 0.1061 left font ',7' tc rgb '#555555'
set label 'Error: median of the last five epochs.' at screen 0.01, screen 0.072 left font ',7' tc rgb '#555555'
set label 'Crosses: diverged runs, of all; left out of the mean.' at screen 0.01, screen 0.0379 left font ',7' tc rgb '#555555'
set label 'cifar10, resnet20, 100 epochs' at screen 0.284, screen 0.8561 center font ',8'
set lmargin at screen 0.084; set rmargin at screen 0.484; set tmargin at screen 0.8258; set bmargin at screen 0.2576
set xlabel 'batch size (images per worker)' offset 0,0.3; set ylabel 'test error (%)' offset 0.4,0
set logscale x 2; set xrange [44.8:1.4286]
set xtics ('32' 32, '16' 16, '8' 8, '4' 4, '2' 2)
set yrange [12.5126:21.7609]
set label '1 of 3' at 2, graph 0.96 right offset -1.3,-0.1 point pt 2 ps dot lc rgb '#0072B2' font ',7' tc rgb '#0072B2'
plot $series1 using ($1*1.0175):7 with lines ls 1 lw 1.2 dt (12,7), \
  $series1 using ($5 > 1 ? $1*1.0175 : NaN):3:(0):($4-$3) with vectors heads size graph 0.01,90 ls 1, \
  $series1 using ($1*1.0175):2 with linespoints ls 1 pi 1, \
  $series2 using ($5 > 1 ? $1*0.9828 : NaN):3:(0):($4-$3) with vectors heads size graph 0.01,90 ls 2, \
  $series2 using ($1*0.9828):2 with linespoints ls 2 pi 1

unset label; unset arrow
set label 'Wu & He 2018, table 2 (ImageNet, ResNet-50)' at screen 0.78, screen 0.8561 center font ',8'
set lmargin at screen 0.58; set rmargin at screen 0.98; set tmargin at screen 0.8258; set bmargin at screen 0.2576
set xlabel 'batch size (images per worker)' offset 0,0.3; set ylabel 'rise from batch 32 (points)' offset 0.4,0
set logscale x 2; set xrange [44.8:1.4286]
set xtics ('32' 32, '16' 16, '8' 8, '4' 4, '2' 2)
set yrange [-0.996:11.996]
plot $reference1_1 using ($1*1.0175):2 with linespoints ls 1 pi 1, \
  $reference1_2 using ($1*0.9828):2 with linespoints ls 2 pi 1

unset multiplot
unset output
}
